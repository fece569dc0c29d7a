import { type MessageWriter, messageWriter } from './protobuf.js';

/** Types of tensors, with the numbers that ONNX gives them. */
const elementTypes = { float: 1, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof elementTypes;

/** A name stands for a length that is known only when the model runs. */
export type Shape = readonly (number | string)[];

/** The result of a node, an input or a constant. */
export interface Value {
  readonly name: string;
}

type Attribute = number | readonly number[] | { readonly float: number };

/** A computation that becomes an ONNX model. */
export interface Graph {
  input(name: string, type: ElementType, shape: Shape): Value;
  output(name: string, value: Value, type: ElementType, shape: Shape): void;
  floats(values: Iterable<number>, shape?: readonly number[]): Value;
  ints(values: Iterable<number>, shape?: readonly number[]): Value;
  node(operator: string, inputs: readonly Value[], attributes?: Readonly<Record<string, Attribute>>): Value;
  toBytes(): Uint8Array;
}

/** Versions that onnxruntime 1.20 and later all read. */
const intermediateRepresentation = 8;
const operatorSet = 17;

/** Field numbers of onnx.proto. */
const model = { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8 } as const;
const graphField = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const node = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 } as const;
const attribute = { name: 1, float: 2, int: 3, ints: 8, type: 20 } as const;
const attributeType = { float: 1, int: 2, ints: 7 } as const;
const tensor = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;

export function createGraph(graphName: string): Graph {
  const graph = messageWriter().text(graphField.name, graphName);
  let names = 0;
  const constant = (type: ElementType, dims: readonly number[], raw: ArrayBuffer): Value => {
    const name = `constant_${names++}`;
    const written = messageWriter();
    for (const dim of dims) written.varint(tensor.dims, dim);
    written.varint(tensor.dataType, elementTypes[type]).text(tensor.name, name);
    written.bytes(tensor.rawData, new Uint8Array(raw));
    graph.message(graphField.initializer, written);
    return { name };
  };
  return {
    input(name, type, shape) {
      graph.message(graphField.input, valueInfo(name, type, shape));
      return { name };
    },
    output(name, value, type, shape) {
      // The name of an output is the name of the value, so one more node gives it the name that is asked for.
      graph.message(graphField.node, nodeMessage('Identity', [value], name, {}));
      graph.message(graphField.output, valueInfo(name, type, shape));
    },
    floats(values, shape) {
      const data = Float32Array.from(values);
      return constant('float', shape ?? [data.length], data.buffer);
    },
    ints(values, shape) {
      const data = BigInt64Array.from([...values].map(BigInt));
      return constant('int64', shape ?? [data.length], data.buffer);
    },
    node(operator, inputs, attributes = {}) {
      const name = `${operator}_${names++}`;
      graph.message(graphField.node, nodeMessage(operator, inputs, name, attributes));
      return { name };
    },
    toBytes: () =>
      messageWriter()
        .varint(model.irVersion, intermediateRepresentation)
        .text(model.producerName, 'earshot tests')
        .message(model.graph, graph)
        .message(model.opsetImport, messageWriter().text(1, '').varint(2, operatorSet))
        .toBytes(),
  };
}

function nodeMessage(
  operator: string,
  inputs: readonly Value[],
  output: string,
  attributes: Readonly<Record<string, Attribute>>,
): MessageWriter {
  const written = messageWriter();
  for (const { name } of inputs) written.text(node.input, name);
  written.text(node.output, output).text(node.name, output).text(node.operator, operator);
  for (const [name, value] of Object.entries(attributes)) {
    written.message(node.attribute, attributeMessage(name, value));
  }
  return written;
}

function attributeMessage(name: string, value: Attribute): MessageWriter {
  const written = messageWriter().text(attribute.name, name);
  if (typeof value === 'number') {
    return written.varint(attribute.int, value).varint(attribute.type, attributeType.int);
  }
  if ('float' in value) {
    return written.float(attribute.float, value.float).varint(attribute.type, attributeType.float);
  }
  for (const int of value) written.varint(attribute.ints, int);
  return written.varint(attribute.type, attributeType.ints);
}

/** ValueInfoProto: its TypeProto (2) holds a tensor type (1) of an element type (1) and a shape (2) of dims (1). */
function valueInfo(name: string, type: ElementType, shape: Shape): MessageWriter {
  const dims = messageWriter();
  for (const dim of shape) {
    const written = messageWriter();
    dims.message(1, typeof dim === 'number' ? written.varint(1, dim) : written.text(2, dim));
  }
  const tensorType = messageWriter().varint(1, elementTypes[type]).message(2, dims);
  return messageWriter().text(1, name).message(2, messageWriter().message(1, tensorType));
}

/** The data types of a Cast. */
export const castTo = { float: { to: elementTypes.float }, int64: { to: elementTypes.int64 } } as const;

/** The same model with a comment (`doc_string`, 6) of so many bytes, so that it takes a while to come. */
export const padded = (model: Uint8Array, bytes: number): Uint8Array =>
  Buffer.concat([model, messageWriter().bytes(6, Buffer.alloc(bytes, 'x')).toBytes()]);

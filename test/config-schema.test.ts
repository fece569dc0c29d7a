import { beforeAll, describe, expect, it } from 'vitest';
import type { ConfigSchema } from '../src/cli/config/config-schema.js';
import { configPage } from './support/config-schema/config-page.js';
import {
  makeConfigSchema,
  publishedSchema,
  schemaModule,
} from './support/config-schema/make-config-schema.js';

let schema: ConfigSchema;
beforeAll(async () => {
  schema = await makeConfigSchema();
}, 120_000);

/** What stands at a path of names; through the first branch that has it. */
function at(path: string): ConfigSchema {
  const step = (from: ConfigSchema, name: string): ConfigSchema | undefined =>
    name === '[]'
      ? (from.items ?? from.anyOf?.map((branch) => step(branch, name)).find(Boolean))
      : (from.properties?.[name] ?? from.anyOf?.map((branch) => step(branch, name)).find(Boolean));
  let found: ConfigSchema | undefined = schema;
  for (const name of path.split('.')) found = found && step(found, name);
  expect(found, path).toBeDefined();
  return found as ConfigSchema;
}

describe('the schema of the config', () => {
  it('has range, kind and default of each option from the code of the library', () => {
    expect(at('pipeline.endpointing.minSilenceMs')).toMatchObject({
      ...{ type: 'integer', minimum: 100, maximum: 10_000, default: 500 },
      description: expect.stringContaining('Silence after the last speech'),
    });
    // Where a group changes the default of what is in it, that is the default there.
    expect(at('pipeline.bargeIn.replying.startThreshold')).toMatchObject({
      minimum: 0.01,
      maximum: 1,
      default: 0.4,
    });
    expect(at('pipeline.utterances.startThreshold')).toMatchObject({
      minimum: 0.01,
      maximum: 1,
      default: 0.5,
    });
    expect(at('transcriber.limits.cancelGraceMs')).toMatchObject({ default: 20_000 });
    expect(at('voice.ladder.[].limits.cancelGraceMs')).toMatchObject({ default: 3000 });
    expect(at('voice.ladder.[].notesHz')).toMatchObject({
      maxItems: 8,
      items: { minimum: 50, maximum: 3500 },
    });
    expect(at('devices.capture.device')).toMatchObject({ type: 'string', default: 'default' });
    expect(at('upstream.maxRetries')).toMatchObject({ type: 'integer', minimum: 0, maximum: 10, default: 4 });
    expect(at('upstream.insecure')).toMatchObject({ type: 'boolean', default: false });
    expect(at('upstream.keepaliveMs').anyOf).toContainEqual({ type: 'null' });
    expect(at('transcriber.recogniser').enum).toContain('whisper-tiny');
    expect(at('transcriber.limits.memoryMb')).toMatchObject({ minimum: 64, maximum: 65_536 });
    expect(at('voice.ladder')).toMatchObject({ type: 'array', minItems: 1, maxItems: 16 });
    expect(at('voice.ladder.[].voice').enum).toContain('af_heart');
  });

  it('has no place to write a secret', () => {
    const reference = { $ref: '#/definitions/referencedText' };
    expect(at('upstream.metadata').additionalProperties).toEqual(reference);
    for (const name of ['rootCertificates', 'clientCertificate', 'clientKey'])
      expect(at(`upstream.trust.${name}`)).toMatchObject(reference);
    expect(at('upstream.trust.fingerprint').anyOf).toContainEqual({ type: 'string', minLength: 1 });
  });

  it('is closed: a name that it does not list is a mistake', () => {
    const open: string[] = [];
    const visit = (of: ConfigSchema, path: string): void => {
      if (of.type === 'object' && of.additionalProperties === undefined) open.push(path);
      for (const [name, inside] of Object.entries(of.properties ?? {})) visit(inside, `${path}.${name}`);
      for (const branch of of.anyOf ?? []) visit(branch, path);
      if (of.items) visit(of.items, `${path}[]`);
    };
    visit(schema, '');
    expect(open).toEqual([]);
  });

  it('is published as it is; after a change run npx vitest run test/config-schema.test.ts -u', async () => {
    await expect(publishedSchema(schema)).toMatchFileSnapshot('../assets/earshot.schema.json');
    await expect(configPage(schema)).toMatchFileSnapshot('../docs/reference/config.md');
    await expect(schemaModule(schema)).toMatchFileSnapshot('../src/cli/config/generated/config-schema.ts');
  });
});

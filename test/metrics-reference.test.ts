import { describe, expect, it } from 'vitest';
import {
  counterMetrics,
  gaugeMetrics,
  latencyMetrics,
  stageMetric,
  stateMetrics,
} from '../src/adapters/prometheus/metric-table.js';
import { kpiAlerts, kpiCounters, kpiGauges, kpiLatencies, silenceStages } from '../src/core/kpi/kpi-event.js';
import { defaultKpiOptions } from '../src/core/kpi/kpi-options.js';
import { sectionsOf } from './support/markdown.js';
import { readProjectFile } from './support/project.js';
import { programOf } from './support/typescript-program.js';

const page = readProjectFile('docs/reference/metrics.md');
const sections = new Map(sectionsOf(page, 2).map(({ title, body }) => [title, body]));

/** Cells of the rows of a section's table, without their code marks. */
function rowsOf(title: string): readonly (readonly string[])[] {
  const body = sections.get(title);
  if (body === undefined) throw new Error(`docs/reference/metrics.md has no section ${title}`);
  return [...body.matchAll(/^\| `.+ \|$/gm)].map(([line]) =>
    line
      .slice(2, -2)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
const code = (text: string) => `\`${text}\``;
const label = (labels: readonly string[]) => labels.map(code).join(', ');

/** Fields of each event, by its type. */
function fieldsInCode(): ReadonlyMap<string, readonly string[]> {
  const path = 'src/core/kpi/kpi-event.ts';
  const program = programOf([path]);
  const checker = program.getTypeChecker();
  const source = program.getSourceFiles().find(({ fileName }) => fileName.endsWith(path));
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find(({ name }) => name === 'KpiEvent');
  const union = symbol && checker.getDeclaredTypeOfSymbol(symbol);
  if (!union?.isUnion()) throw new Error('KpiEvent is not found, or is no union');
  return new Map(
    union.types.flatMap((member) => {
      const type = member.getProperty('type');
      const literal = type && checker.getTypeOfSymbol(type);
      const types = literal?.isUnion() ? literal.types : literal ? [literal] : [];
      const fields = member.getProperties().map(({ name }) => name);
      const own = fields.filter((name) => name !== 'type' && name !== 'atMs').sort();
      return types.map((each) => [each.isStringLiteral() ? each.value : '?', own] as const);
    }),
  );
}

describe('docs/reference/metrics.md', () => {
  it('has every event with all of its fields, and no other', () => {
    const onPage = rowsOf('Events').map(
      ([type = '', fields = '']) =>
        [
          type.replaceAll('`', ''),
          [...fields.matchAll(/`(\w+)`/g)].map(([, name = '']) => name).sort(),
        ] as const,
    );
    expect(new Map(onPage)).toEqual(fieldsInCode());
    expect(onPage).toHaveLength(7);
  });

  it('has every latency and every stage of it, with its metric', () => {
    expect(rowsOf('Latencies').map(([of, name]) => [of, name])).toEqual(
      kpiLatencies.map((of) => [code(of), code(latencyMetrics[of].name)]),
    );
    const stages = silenceStages.map(code).join(', ');
    expect(sections.get('Latencies')).toContain(
      `${code(stageMetric.name)} with the label ${label(stageMetric.labels)}: ${stages}.`,
    );
  });

  it('has every counter with its metric and its label, and a label where there is one', () => {
    const rows = rowsOf('Counters').map(([of, name, labels]) => [of, name, labels]);
    expect(rows).toEqual(
      Object.entries(counterMetrics).map(([of, { name, labels }]) => [code(of), code(name), label(labels)]),
    );
    for (const [of, meaning] of Object.entries(kpiCounters))
      expect([of, counterMetrics[of as keyof typeof kpiCounters].labels.length]).toEqual([
        of,
        meaning === null ? 0 : 1,
      ]);
  });

  it('has every gauge with its metric and its label', () => {
    const rows = rowsOf('Gauges').map(([of, name, labels]) => [of, name, labels]);
    expect(rows).toEqual(
      Object.entries(gaugeMetrics).map(([of, { name, labels }]) => [code(of), code(name), label(labels)]),
    );
    for (const [of, meaning] of Object.entries(kpiGauges))
      expect([of, gaugeMetrics[of as keyof typeof kpiGauges].labels.length]).toEqual([
        of,
        meaning === null ? 0 : 1,
      ]);
    for (const { name } of Object.values(stateMetrics)) expect(sections.get('Gauges')).toContain(code(name));
  });

  it('has every alert with its severity, and the limit that it has by default', () => {
    const rows = rowsOf('Alerts');
    expect(rows.map(([alert, severity]) => [alert, severity])).toEqual(
      Object.entries(kpiAlerts).map(([alert, severity]) => [code(alert), severity]),
    );
    for (const [, , limit = ''] of rows) {
      for (const [, option = '', value = ''] of limit.matchAll(/`(\w+)`, ([\d.]+)/g))
        expect([option, defaultKpiOptions[option as keyof typeof defaultKpiOptions]]).toEqual([
          option,
          Number(value),
        ]);
      expect(limit).toMatch(/`\w+`, [\d.]+/);
    }
  });
});

describe('docs/guides/watch.md', () => {
  it('names only metrics, figures and alerts that there are', () => {
    const guide = readProjectFile('docs/guides/watch.md');
    const tables = [counterMetrics, gaugeMetrics, stateMetrics, latencyMetrics, { stageMetric }];
    const names = new Set(tables.flatMap((table) => Object.values(table)).map(({ name }) => name));
    const named = [...guide.matchAll(/\bearshot_[a-z_]+\b/g)].map(([name]) => name);

    expect(named.length).toBeGreaterThan(10);
    for (const name of named) expect(names).toContain(name);
    for (const of of [...kpiLatencies, ...Object.keys(kpiAlerts), ...silenceStages])
      expect(guide).toContain(code(of));
  });
});

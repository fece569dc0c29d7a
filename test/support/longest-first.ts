import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes, the longest first; begun last they would be waited for when everything else is done. */
const longest = ['demo-runs.kiosk.test.ts', 'test/demo.test.ts'];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = longest.findIndex((name) => moduleId.endsWith(name));
  return rank < 0 ? longest.length : rank;
};

/** The order in which test files begin: where nothing is known of the last run, vitest takes the largest file first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((one, other) => rankOf(one) - rankOf(other));
  }
}

/**
 * The pace of one device, as a time line that others can keep to: what a clock shows that runs as fast as the device does.
 *
 * @remarks
 * Units: milliseconds. It never steps and never runs back, and its slope stays within 0.05 % of 1, also while the device is
 * closed, lost or set anew.
 * @public
 */
export interface Timeline {
  /** What it shows at `ms` on the scheduler's clock. Callers ask for times that do not decrease. */
  at(ms: number): number;
}

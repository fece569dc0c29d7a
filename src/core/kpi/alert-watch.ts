import { type KpiAlert, kpiAlerts, type UnstampedKpi } from './kpi-event.js';

/** Raises an alert once, and clears it once it is well again. */
export interface AlertWatch {
  /** @returns what is to be told: nothing while all stays as it is. */
  look(value: number, limit: number): readonly UnstampedKpi[];
}

/** @param clearAfter - how many in a row must be well: one quick answer between two slow ones mends nothing. */
export function createAlertWatch(alert: KpiAlert, clearAfter: number): AlertWatch {
  const severity = kpiAlerts[alert];
  let isRaised = false;
  let well = 0;
  return {
    look(value, limit) {
      if (value > limit) {
        well = 0;
        if (isRaised) return [];
        isRaised = true;
        return [{ type: 'alert-raised', alert, severity, value, limit }];
      }
      if (!isRaised) return [];
      well += 1;
      if (well < clearAfter) return [];
      isRaised = false;
      well = 0;
      return [{ type: 'alert-cleared', alert, severity, value, limit }];
    },
  };
}

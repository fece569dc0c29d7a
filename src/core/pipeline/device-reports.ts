import { Subscription } from 'rxjs';
import type { DeviceReport } from '../ports/device-report.js';
import type { DeviceRole, UnstampedEvent } from './pipeline-event.js';
import type { PipelinePorts } from './pipeline-ports.js';

/** Tell what the devices tell about themselves, while this is subscribed. A report that fails ends nothing. */
export function tellDeviceReports(
  { microphone, loudspeaker }: PipelinePorts,
  tell: (event: UnstampedEvent) => void,
): Subscription {
  const told = new Subscription();
  const listen = (device: DeviceRole, { reports$ }: Pick<PipelinePorts[DeviceRole], 'reports$'>): void => {
    told.add(
      reports$?.subscribe({
        next: (report) => tell(eventOf(device, report)),
        error: (error) => tell({ type: 'degraded', part: 'device-reports', error }),
      }),
    );
  };
  listen('loudspeaker', loudspeaker);
  listen('microphone', microphone);
  return told;
}

function eventOf(device: DeviceRole, report: DeviceReport): UnstampedEvent {
  if (report.type === 'measured') return { ...report, type: 'device-measured', device };
  const { fact, detail, count } = report;
  return { type: 'fact', fact, detail: `${device}: ${detail}`, count };
}

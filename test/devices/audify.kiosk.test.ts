import { describeDevicesOnKiosk } from './contract-on-kiosk.js';
import { ways } from './ways.js';

for (const way of ways.filter(({ name }) => name.startsWith('audify'))) {
  describeDevicesOnKiosk(way, 'pulseaudio');
}

import { describeDevicesOnKiosk } from './contract-on-kiosk.js';
import { ways } from './ways.js';

// The same programs and the same library, against the other server; ALSA reaches either through the same plugin.
for (const way of ways.filter(({ name }) => /parec|audify on pulse, in a child/.test(name))) {
  describeDevicesOnKiosk(way, 'pipewire');
}

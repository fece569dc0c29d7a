export const devicesUsage = `List the microphones and loudspeakers of this machine, or try one.

  earshot devices [options]
  earshot devices --test NAME [options]

  --backend auto|process|audify   which way to reach them: the programs of the system, or the native library (auto)
  --api auto|pulse|alsa|core-audio|wasapi   the sound system (auto)
  --test NAME                     play two beeps and show the level of the microphone. NAME is a device of the list, or
                                  default; the other side is the default device
  --seconds N                     how long to listen in a test, 2 to 600 (5)
  --json                          print one object, for programs; monitors are in it too

Examples:

  earshot devices
  earshot devices --json
  earshot devices --test default --seconds 10
  earshot devices --test plughw:1,0 --api alsa

The names are what openDevices takes, and stay the same over restarts and replugging. The rates are those at which the
device was opened, or that the sound server converts for it.
Exit code: 0 done, and in a test the device works; 5 no device, or the one that was tried does not work; 2 when the
command line cannot be used; 130 after Ctrl-C.
`;

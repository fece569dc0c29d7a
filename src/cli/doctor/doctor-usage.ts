export const doctorUsage = `Examine this machine and what a config needs, or the way from the loudspeaker to the microphone.

  earshot doctor [CONFIG] [--json]
  earshot doctor --acoustics [options]

Without CONFIG: what every loop needs. With CONFIG: what that one needs, its backend, its devices and its voices as
well. Nothing is installed, downloaded or changed, no sound is made, and nothing needs root. It takes some seconds, and
with a model on a slow board a minute. Each line is green, amber (it works, or could not be told) or red (the loop does
not work like this), with what to do about it; docs/guides/doctor.md explains each.

  --json                          print one object, for programs
  -h, --help

  earshot doctor earshot.yaml
  earshot doctor earshot.yaml --json | jq -r '.checks[] | select(.rating == "red") | .cure'

With --acoustics it plays short chirps (2 s without a pause, then one at a time), and tells how late and how loud they
come back, how far the clocks of the two devices differ, how noisy the room is, whether the microphone clips, and what
the loudspeaker loses when it wakes. Keep quiet meanwhile. It takes some 8 s more than --seconds.

  --capture NAME                  the microphone, as earshot devices lists it (default)
  --playout NAME                  the loudspeaker (default)
  --backend auto|process|audify   which way to reach them: the programs of the system, or the native library (auto)
  --api auto|pulse|alsa|core-audio|wasapi   the sound system (auto)
  --channel N|mix                 which channel of a microphone with several, counted from 0 (mix)
  --seconds N                     how long to play single chirps, 2 to 120 (6); 60 to know the drift to 1 ppm
  --level DB                      how loud, in dB below full scale, -60 to -6 (-23)
  --write FILE                    keep the figures as a calibration file, for parseCalibration; nothing is written when
                                  no echo was heard
  --json                          print one object, for programs; when a device does not work, too (figures is null)

There each line is good, fair (it works, and could be better) or bad (people will notice), with what to do about it.
Exit code: 0 nothing is red or bad; 1 something is, or no echo was heard; 2 when the command line, the config or a file
cannot be used; 5 with --acoustics, when a device does not work; 130 after Ctrl-C.
`;

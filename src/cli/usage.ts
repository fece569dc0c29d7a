import { readFileSync } from 'node:fs';

export const usage = `earshot: look at the devices of this machine, and try a voice backend.

  earshot devices                            list microphones and loudspeakers
  earshot devices --test NAME                play a tone, and show what the microphone hears
  earshot doctor --acoustics                 examine the echo path, and write a calibration
  earshot fillers render --out DIR           render what is said while an answer is awaited
  earshot ask "PROMPT" --backend HOST:PORT   ask a backend, and print the answer
  earshot fetch-certificate HOST:PORT        show the certificate of a backend, and keep it
  earshot --version
  earshot --help, earshot devices --help, earshot doctor --help, earshot fillers --help, earshot ask --help,
  earshot fetch-certificate --help
`;

export const devicesUsage = `List the microphones and loudspeakers of this machine, or try one.

  earshot devices [options]
  earshot devices --test NAME [options]

  --backend auto|process|audify   which way to reach them: the programs of the system, or the native library (auto)
  --api auto|pulse|alsa|core-audio|wasapi   the sound system (auto)
  --test NAME                     play two beeps and show the level of the microphone. NAME is a device of the list, or
                                  default; the other side is the default device
  --seconds N                     how long to listen in a test, 2 to 600 (5)
  --json                          print one object, for programs; monitors are in it too

The names are what openDevices takes, and stay the same over restarts and replugging. The rates are those at which the
device was opened, or that the sound server converts for it.
Exit code: 0 done, and in a test the device works; 5 no device, or the one that was tried does not work; 2 when the
command line cannot be used; 130 after Ctrl-C.
`;

export const askUsage = `Ask a StreamingService one question, and print the text of the answer as it comes.

  earshot ask "PROMPT" --backend HOST:PORT [options]

  --backend HOST:PORT         the service; an IPv6 address in brackets
  --hardware-id ID            name of this device; derived from this machine when left out

  How it is reached; TLS, unless HOST is a loopback address and none of these is given
  --insecure                  plain text
  --root-cert FILE            trust what these certificates (PEM) have signed, and nothing else
  --fingerprint SHA256        take no certificate but the one with this fingerprint
  --server-name NAME          the name to expect in the certificate, when it is not HOST
  --client-cert FILE          our own certificate (PEM), with
  --client-key FILE           its key (PEM)
  --metadata K=V              sent with every call; may be given several times

  How patient it is
  --first-message-ms N        longest wait for the first message of the answer (15000)
  --inactivity-ms N           longest silence between two messages (15000)
  --deadline-ms N             longest time for the whole answer (300000)
  --no-retry                  ask once only; otherwise again after 1, 2, 4 and 8 s, when nothing came and that may help

  What it does meanwhile
  --interrupt-after-ms N      send InterruptSession so long after asking; the service then answers nobody for 5 s
  --cancel-after-ms N         cancel the call so long after asking

  What is kept
  --wav FILE                  the audio as a WAV file of 16 bits, at its rate; the rate of the first, if it changes
  --raw FILE                  the bytes of the audio exactly as they were received
  --json                      print one object at the end instead of the text
  --log                       print log lines on stderr

Exit code: 0 complete, or cancelled by --cancel-after-ms; 3 truncated or empty; 4 refused or blocked; 5 failed on the
way; 2 when the command line or a file cannot be used; 130 after Ctrl-C. What goes wrong is one sentence on stderr.
A prompt that begins with - goes last, after --.
`;

export const fetchCertificateUsage = `Show the certificate of a service, and write it to a file for --root-cert, when you say so.

  earshot fetch-certificate HOST:PORT [options]

  --out FILE                  where to write it (HOST.pem)
  --yes                       write it without asking
  --fingerprint SHA256        the fingerprint to expect: then nothing is asked, and another certificate is not written
  --server-name NAME          the name to ask for, when it is not HOST
  --timeout-ms N              longest wait (5000)

A certificate proves nothing by itself: compare its fingerprint with one that came another way, such as from whoever
runs the service. Exit code: 0 written; 1 not written; 5 no certificate to be had; 2 when the command line or the file
cannot be used.
`;

/** The version of the package that this file belongs to. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { readonly version: string }).version;
}

export const initUsage = `Ask a few questions, try the devices, and write a config.

  earshot init [FILE] [options]                            FILE is earshot.yaml when left out
  earshot init --yes --target 127.0.0.1:50051              ask nothing, and take the default for the rest

Each option answers a question, which is then not asked.

  The service that answers
  --target HOST:PORT          where it is; an IPv6 address in brackets
  --insecure                  plain text, to another machine
  --root-cert FILE            trust what these certificates (PEM) have signed, and nothing else
  --fingerprint SHA256        the certificate to expect; one that is self-signed is then kept beside FILE
  --server-name NAME          the name to expect in the certificate, when it is not HOST
  --client-cert FILE          the certificate of this device (PEM), with
  --client-key FILE           its key (PEM)
  --token env:NAME|file:PATH|none   where its token is when the program runs; never the token itself (none)

  Microphone and loudspeaker
  --microphone NAME|none      as earshot devices lists it; none for WAV files (default)
  --loudspeaker NAME          the same (default)
  --heard FILE                after --microphone none: the WAV file that is heard
  --played FILE               after --microphone none: the WAV file that gets what is played (played.wav)
  --backend auto|process|audify   which way to reach devices (auto)
  --api auto|pulse|alsa|core-audio|wasapi   the sound system (auto)
  --no-test                   play no beeps
  --echo open|headphones|speakerphone   what is heard with; a speakerphone cancels echo by itself (open)

  What is heard and said
  --language CODE             which language is spoken (en)
  --transcriber NAME          who understands it: moonshine-tiny, moonshine-base, whisper-tiny.en, whisper-tiny; with
                              WAV files also scripted:FILE (moonshine-tiny, and whisper-tiny for other languages than
                              English)
  --voice service|espeak-ng|kokoro   who speaks: the service, which then sends audio, or this device (service)
  --fillers en|ru|off|FOLDER  what is said while an answer is awaited (that of the language, or off)

  How it runs
  --button LINE|none          GPIO line of a button that is held to speak, such as GPIO17 (none)
  --light LINE|none           GPIO line of a light (none)
  --runs-as terminal|service|container   where its log goes (terminal)
  --metrics PORT|off          figures for Prometheus, on this machine only (off)

  --yes, -y                   ask nothing, and play nothing; needed where there is no terminal
  --force                     replace FILE, and keep the old one as FILE.bak
  --json                      print one object about what was written, for programs

Names of files are meant from the folder of FILE. FILE is written at the end, whole or not at all, and only when it
would be accepted by earshot run --check. Questions and remarks go to stderr.
Exit code: 0 written; 1 not written, after Ctrl-D, or because FILE is there and was not to be replaced; 2 when the
command line, an answer or FILE cannot be used, or there is no terminal; 130 after Ctrl-C.
`;

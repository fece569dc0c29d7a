export const askUsage = `Ask a StreamingService one question, and print the text of the answer as it comes.

  earshot ask "PROMPT" --target HOST:PORT [options]

  --target HOST:PORT          the service; an IPv6 address in brackets
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

Examples:

  earshot ask "What time is it?" --target 127.0.0.1:50051
  earshot ask "Tell me a story." --target 127.0.0.1:50051 --wav story.wav
  earshot ask "Hello." --target voice.example.com:443 --root-cert voice.example.com.pem
  earshot ask "Hello." --target 127.0.0.1:50051 --no-retry --json

Exit code: 0 complete, or cancelled by --cancel-after-ms; 3 truncated or empty; 4 refused or blocked; 5 failed on the
way; 2 when the command line or a file cannot be used; 130 after Ctrl-C. What goes wrong is one sentence on stderr.
A prompt that begins with - goes last, after --.
`;

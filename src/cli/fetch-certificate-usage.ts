export const fetchCertificateUsage = `Show the certificate of a service, and write it to a file for --root-cert, when you say so.

  earshot fetch-certificate HOST:PORT [options]

  --out FILE                  where to write it (HOST.pem)
  --yes, -y                   write it without asking
  --fingerprint SHA256        the fingerprint to expect: then nothing is asked, and another certificate is not written
  --server-name NAME          the name to ask for, when it is not HOST
  --timeout-ms N              longest wait (5000)
  --json                      print one object, for programs; nothing is asked, and only --yes or --fingerprint write

Examples:

  earshot fetch-certificate voice.example.com:443
  earshot fetch-certificate voice.example.com:443 --out /etc/earshot/service.pem
  earshot fetch-certificate 192.168.1.20:50051 --server-name voice.local --yes
  earshot fetch-certificate voice.example.com:443 --json

A certificate proves nothing by itself: compare its fingerprint with one that came another way, such as from whoever
runs the service. Exit code: 0 written, or shown by --json; 1 not written, though it was to be; 5 no certificate to be
had; 2 when the command line or the file cannot be used; 130 after Ctrl-C.
`;

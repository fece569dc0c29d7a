export const runUsage = `Run the voice loop of a config, until it is told to stop.

  earshot run CONFIG [options]

  --check      read the config, tell everything that is wrong with it, each with its line, and run nothing; a secret
               that is only where the loop will run is a note
  --json       one object a line on stdout: every event of the loop and what is measured of it, with what people say;
               with --check one object: what is wrong with the config
  --log        on a terminal the log as well, instead of what is said
  --no-live    no line that is drawn anew, on a terminal neither

  earshot run --check earshot.yaml
  earshot run earshot.yaml
  earshot run earshot.yaml --json | jq -r 'select(.type == "transcript" and .final).text'

The log is on stderr. On a terminal there is in its place what is said and what is wrong; the last line shows the level
of the microphone, who speaks, what the loop does, and how long the last answer and the last interruption took.

SIGTERM lets the exchange under way finish, as the config says; a second one, and Ctrl-C, cut it; one more ends at
once. SIGHUP reads the config anew, which takes effect between two turns; one that cannot be used changes nothing.
When the terminal it was started from is closed, it cuts and ends.
Under systemd (Type=notify) it tells when it is ready, how it is, and feeds the watchdog.

Exit code: 0 stopped, or a recording came to its end; 2 when the command line or the config cannot be used; 5 when a
package, a model or a file is missing, or the loop failed; 129 when its terminal was closed; 130 after Ctrl-C.
`;

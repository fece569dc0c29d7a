export const fillersUsage = `Render fillers: short phrases that are spoken while an answer is awaited.

  earshot fillers render --out DIR [options]

  --out DIR             the folder they go into, for fillerCache; what is in it stays
  --language CODE       en or ru, whose phrases ship (en); with --phrases any, as BCP 47
  --phrases FILE        phrases of your own: JSON with lists of texts, each under what it fits: question, request,
                        greeting, long-wait, apology, or any
  --engine kokoro|espeak-ng   what speaks (kokoro for English, else espeak-ng)
  --voice NAME          one of its voices (the one it has for the language)
  --model NAME          of kokoro: a folder that holds the model, or its name on the hub
  --offline             of kokoro: download nothing
  --speed N             speaking rate, 0.5 to 2 (1)
  --rate HZ             store at this rate, best that of the loudspeaker in your program, 8000 to 192000 (48000)
  --json                print one object at the end instead of a line for each phrase

Examples:

  earshot fillers render --out fillers
  earshot fillers render --out fillers --voice bm_george --speed 1.1
  earshot fillers render --out fillers-ru --language ru --engine espeak-ng
  earshot fillers render --out fillers --engine espeak-ng --rate 16000 --json

Kokoro's model is downloaded on first use, which is said before it begins. A phrase that is there already is not
rendered again. Stopped at any moment, by Ctrl-C or a power cut, the folder holds what was done until then, and the same
command goes on from there. One command at a time for a folder.
Exit code: 0 all are there; 5 the voice does not work; 2 when the command line or the folder cannot be used; 130 after
Ctrl-C.
`;

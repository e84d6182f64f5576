#!/bin/sh
# A real nginx on loopback for tests, as root or any user:
#
#   spec/support/nginx.sh start DIR TEMPLATE   starts it; prints NAME_PORT=number lines
#   spec/support/nginx.sh stop DIR             ends it; returns when it is gone
#
# In TEMPLATE, a configuration, @NAME_PORT@ stands for a free port (the same for the same name),
# @DIR@ for DIR, @MODULES@ for the folder of nginx's modules, and @FOLDERS@, inside http { }, for
# writable folders. DIR is made if it is missing, and gets ca.pem, ca (a folder with it), server.pem
# and server.key (for localhost, 127.0.0.1 and ::1), elsewhere.pem and elsewhere.key (for
# elsewhere.example), and other-ca.pem (which signed none of them). Errors are in DIR/error.log.

PATH=$PATH:/usr/sbin:/sbin

complain() { echo "nginx.sh: $*" >&2; exit 1; }

ssl() { openssl "$@" 2>>"$dir/openssl.log" || complain "openssl failed: see $dir/openssl.log"; }

key() { ssl ecparam -name prime256v1 -genkey -noout -out "$dir/$1.key"; }

authority() {  # authority FILE
  key "$1"
  ssl req -x509 -new -key "$dir/$1.key" -out "$dir/$1.pem" -days 2 \
    -config "$dir/openssl.cnf" -subj "/CN=mde test $1"
}

certificate() {  # certificate FILE SUBJECT-ALTERNATIVE-NAMES
  key "$1"
  echo "subjectAltName = $2" >"$dir/$1.cnf"
  ssl req -new -key "$dir/$1.key" -out "$dir/$1.csr" \
    -config "$dir/openssl.cnf" -subj "/CN=mde test $1"
  ssl x509 -req -in "$dir/$1.csr" -out "$dir/$1.pem" -days 2 -CA "$dir/ca.pem" \
    -CAkey "$dir/ca.key" -set_serial "0x$(openssl rand -hex 8)" -extfile "$dir/$1.cnf"
}

certificates() {
  cat >"$dir/openssl.cnf" <<CONFIGURATION
[req]
distinguished_name = name
x509_extensions = authority
[name]
[authority]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
CONFIGURATION
  authority ca
  authority other-ca
  certificate server "DNS:localhost, IP:127.0.0.1, IP:::1"
  certificate elsewhere "DNS:elsewhere.example"
  mkdir -p "$dir/ca"
  cp "$dir/ca.pem" "$dir/ca/$(ssl x509 -hash -noout -in "$dir/ca.pem").0"
}

# Below the ports that the kernel assigns; nginx fails if one is in use.
port() { echo $((10000 + $(od -An -N2 -tu2 /dev/urandom) % 20000)); }

configure() {  # writes DIR/nginx.conf and DIR/ports
  : >"$dir/ports"
  for name in $(grep -o '@[A-Z0-9_]*_PORT@' "$template" | tr -d @ | sort -u); do
    echo "$name=$(port)" >>"$dir/ports"
  done
  folders=
  for kind in client_body proxy fastcgi uwsgi scgi; do
    folders="$folders${kind}_temp_path $dir/$kind; "
  done
  sed -e 's|^\(.*\)=\(.*\)$|s/@\1@/\2/g|' "$dir/ports" >"$dir/ports.sed"
  modules=$(nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
  sed -f "$dir/ports.sed" -e "s|@DIR@|$dir|g" -e "s|@MODULES@|$modules|g" -e "s|@FOLDERS@|$folders|g" \
    "$template" >"$dir/nginx.conf"
}

# In daemon mode nginx returns when it listens. Its first errors go to a file, so that it does not
# keep its caller's pipe open.
launch() {
  user=
  [ "$(id -u)" -ne 0 ] || user="user root;"
  nginx -p "$dir" -c "$dir/nginx.conf" -e "$dir/error.log" \
    -g "$user pid $dir/nginx.pid;" </dev/null >"$dir/start.log" 2>&1
}

start() {
  mkdir -p "$dir" || exit 1
  dir=$(cd "$dir" && pwd)
  certificates
  for attempt in 1 2 3 4 5; do
    configure
    launch && { cat "$dir/ports"; return; }
    grep -q 'bind() to' "$dir/start.log" || break
  done
  cat "$dir/start.log" >&2
  complain "nginx did not start"
}

stop() {
  dir=$(cd "$dir" && pwd) || exit 1
  pid=$(cat "$dir/nginx.pid") || exit 1
  kill "$pid"
  while [ -e "$dir/nginx.pid" ]; do sleep 0.02; done  # it removes this last
}

dir=$2 template=$3
case $1 in
  start) [ -f "$template" ] || complain "no template '$template'"; start ;;
  stop) stop ;;
  *) complain "start DIR TEMPLATE, or stop DIR" ;;
esac

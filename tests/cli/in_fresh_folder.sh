#!/usr/bin/env bash
# Runs the script $2 in the folder $1, made anew, so that no run sees files of an earlier one.
set -eu
rm -rf "$1"
mkdir -p "$1"
cd "$1"
exec bash "$2"

#!/usr/bin/env bash
# Renews the library that draws the charts, from the npm registry: its newest version, or the one given.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
vendor=$(cd "$(dirname "$0")" && pwd)/vendor
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

archive=$(npm pack --silent --pack-destination "$folder" "uplot@${1:-latest}")
tar -xzf "$folder/$archive" -C "$folder"
cp "$folder/package/LICENSE" "$folder/package/dist/uPlot.min.css" "$folder/package/dist/uPlot.iife.min.js" "$vendor"
head -n 1 "$vendor/uPlot.iife.min.js"

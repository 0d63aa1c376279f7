#!/bin/sh
# keepalived runs this on a director that became backup.
logger -t lvsctl-notify "VI_1 is backup"

#!/bin/sh
# keepalived runs this on a director that became master.
logger -t lvsctl-notify "VI_1 is master"

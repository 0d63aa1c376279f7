#!/bin/sh
# keepalived runs this on a director that became fault.
logger -t lvsctl-notify "VI_1 is fault"

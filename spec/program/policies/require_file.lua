-- policy there is no module /etc/passwd
require "/etc/passwd"

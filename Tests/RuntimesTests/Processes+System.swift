import Glibc

func killProcess(_ pid: Int32) { kill(pid, SIGKILL) }

let isRoot = geteuid() == 0

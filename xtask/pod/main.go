// The program of the pause image, which holds a pod's namespaces while its containers come and go, and of the tests'
// own pods: with an address it answers its host's name there, with a size it takes that much memory.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	listen := flag.String("listen", "", "answer at this address")
	eat := flag.Int("eat", 0, "take this many megabytes of memory")
	flag.Parse()
	// as the first process of its namespace nobody else waits for what ends there
	ended := make(chan os.Signal, 16)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	if *listen != "" {
		go serve(*listen)
	}
	eaten := take(*eat)
	for reason := range ended {
		if reason != syscall.SIGCHLD {
			break
		}
		reap()
	}
	fmt.Println("ended with", len(eaten), "megabytes")
}

func serve(address string) {
	name, err := os.Hostname()
	if err == nil {
		answer := func(to http.ResponseWriter, _ *http.Request) { fmt.Fprintln(to, name) }
		err = http.ListenAndServe(address, http.HandlerFunc(answer))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func take(megabytes int) [][]byte {
	var taken [][]byte
	for range megabytes {
		block := make([]byte, 1<<20)
		for at := 0; at < len(block); at += 4096 {
			block[at] = 1
		}
		taken = append(taken, block)
	}
	return taken
}

func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if pid <= 0 || err != nil {
			return
		}
	}
}

// The program of the pause image, which holds a pod's namespaces while its containers come and go, and of the tests'
// own pods: with an address it answers its host's name there, with a size it takes that much memory, and what it is to
// dial it dials again and again and says what answered.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", "", "answer at these addresses, with commas")
	dial := flag.String("dial", "", "say what answers of tcp:address:port and dns:address:port, with commas")
	eat := flag.Int("eat", 0, "take this many megabytes of memory")
	flag.Parse()
	// as the first process of its namespace nobody else waits for what ends there
	ended := make(chan os.Signal, 16)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for _, address := range list(*listen) {
		go serve(address)
	}
	if *dial != "" {
		go tell(list(*dial))
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

func list(text string) []string {
	return strings.FieldsFunc(text, func(letter rune) bool { return letter == ',' })
}

// Prints a line of JSON for each round: by target, whether it answers.
func tell(targets []string) {
	for {
		results := make([]bool, len(targets))
		var all sync.WaitGroup
		for at, target := range targets {
			all.Go(func() { results[at] = answers(target) })
		}
		all.Wait()
		told := map[string]bool{}
		for at, target := range targets {
			told[target] = results[at]
		}
		line, _ := json.Marshal(told)
		fmt.Println(string(line))
		time.Sleep(200 * time.Millisecond)
	}
}

// Whether a port takes a connection, or a server of names knows the cluster's own.
func answers(target string) bool {
	within, end := context.WithTimeout(context.Background(), time.Second)
	defer end()
	dialer := net.Dialer{}
	kind, address, _ := strings.Cut(target, ":")
	if kind == "dns" {
		ask := func(to context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(to, network, address)
		}
		resolver := net.Resolver{PreferGo: true, Dial: ask}
		_, err := resolver.LookupHost(within, "kubernetes.default.svc.cluster.local")
		return err == nil
	}
	connection, err := dialer.DialContext(within, kind, address)
	if err != nil {
		return false
	}
	connection.Close()
	return true
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

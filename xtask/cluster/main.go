// One program that is each part of a cluster, by its first argument.
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// parts are others' own programs, by the names under which they are known, and our storage.
var parts = map[string]func(){
	"etcd":                    func() { etcdmain.Main(os.Args) },
	"kube-apiserver":          command(apiserver.NewAPIServerCommand),
	"kube-controller-manager": command(controllermanager.NewControllerManagerCommand),
	"kube-scheduler":          command(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kubelet": command(func() *cobra.Command {
		return kubelet.NewKubeletCommand(context.Background())
	}),
	"kube-proxy": command(proxy.NewProxyCommand),
	"coredns":    coremain.Run,
	"storage":    storage,
}

func command(newCommand func() *cobra.Command) func() {
	return func() { os.Exit(cli.Run(newCommand())) }
}

func main() {
	names := strings.Join(slices.Sorted(maps.Keys(parts)), ", ")
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "the part to run is missing:", names)
		os.Exit(2)
	}
	run, known := parts[os.Args[1]]
	if !known {
		fmt.Fprintf(os.Stderr, "there is no part %q; there are: %s\n", os.Args[1], names)
		os.Exit(2)
	}
	// each part reads the arguments as if it were the program
	os.Args = os.Args[1:]
	run()
}

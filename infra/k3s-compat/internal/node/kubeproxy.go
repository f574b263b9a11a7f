// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
)

// RunProxy runs kube-proxy until ctx ends.
func RunProxy(ctx context.Context, args []string) error {
	options := kubeproxy.NewOptions()
	flags := pflag.NewFlagSet("kube-proxy", pflag.ContinueOnError)
	flags.SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	options.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("kube-proxy: %w", err)
	}
	if err := options.Complete(flags); err != nil {
		return fmt.Errorf("kube-proxy: %w", err)
	}
	if err := options.Validate(); err != nil {
		return fmt.Errorf("kube-proxy: %w", err)
	}
	return options.Run(ctx)
}

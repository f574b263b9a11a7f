// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	apiserveroptions "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	controllermanageroptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

// The components are started below their cobra commands: those install signal handlers, of which a process may have one
// only, and take the context from them.

// RunAPIServer runs until ctx ends. front is put before everything that the API server answers itself, its authentication included.
func RunAPIServer(ctx context.Context, args []string, front func(api http.Handler) http.Handler) error {
	// The API server's own loopback clients must not log warnings about the old APIs they list (as its command does).
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	options := apiserveroptions.NewServerRunOptions()
	if err := parse("kube-apiserver", options.Flags(), args); err != nil {
		return err
	}
	if err := options.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	completed, err := options.Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return fmt.Errorf("kube-apiserver: %v", errs)
	}
	// as apiserver.Run, which lets nothing in between
	config, err := apiserver.NewConfig(completed)
	if err != nil {
		return err
	}
	ready, err := config.Complete()
	if err != nil {
		return err
	}
	server, err := apiserver.CreateServerChain(ready)
	if err != nil {
		return err
	}
	handler := server.GenericAPIServer.Handler
	handler.FullHandlerChain = front(handler.FullHandlerChain)
	prepared, err := server.PrepareRun()
	if err != nil {
		return err
	}
	return prepared.Run(ctx)
}

// RunControllerManager runs until ctx ends.
func RunControllerManager(ctx context.Context, args []string) error {
	options, err := controllermanageroptions.NewKubeControllerManagerOptions()
	if err != nil {
		return err
	}
	known, disabled, aliases := controllermanager.KnownControllers(), controllermanager.ControllersDisabledByDefault(), controllermanager.ControllerAliases()
	flags := options.Flags(known, disabled, aliases)
	options.ParsedFlags = &flags
	if err := parse("kube-controller-manager", flags, args); err != nil {
		return err
	}
	if err := options.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	config, err := options.Config(ctx, known, disabled, aliases)
	if err != nil {
		return err
	}
	return controllermanager.Run(ctx, config.Complete())
}

// RunScheduler runs until ctx ends.
func RunScheduler(ctx context.Context, args []string) error {
	options := scheduleroptions.NewOptions()
	if err := parse("kube-scheduler", *options.Flags, args); err != nil {
		return err
	}
	if err := options.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	config, instance, err := scheduler.Setup(ctx, options)
	if err != nil {
		return err
	}
	return scheduler.Run(ctx, config, instance)
}

// parse reads a component's arguments; one it does not know is an error that names it.
func parse(component string, sets cliflag.NamedFlagSets, args []string) error {
	flags := pflag.NewFlagSet(component, pflag.ContinueOnError)
	flags.SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	for _, set := range sets.FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%s: %w", component, err)
	}
	return nil
}

// Minewatch finds shadow miners in electricity and traffic data, ranks them
// for inspection and reckons the tax (fee) that they owe.
//
//  1. minewatch demo shows all of it on data that ships with the program.
//  2. minewatch init makes a workspace; files go into its inbox.
//  3. minewatch run takes them in and writes a sealed run with ranked lists.
//  4. minewatch explain, evaluate and verify read a finished run.
//
// The commands only read arguments and print; package pipeline does the work.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // local times on machines without a tz database
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

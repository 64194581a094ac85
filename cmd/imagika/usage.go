package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// groupAnnotation marks commands that do nothing but list those below them.
const groupAnnotation = "group"

// typos is how many letters a mistyped name is from the one that is suggested, at most.
const typos = 2

// polish has a tree of commands fail in our words: cobra's and the flag library's are for programmers.
func polish(c *cobra.Command) {
	c.SuggestionsMinimumDistance = typos
	if c.HasSubCommands() && c.RunE == nil {
		c.Annotations = map[string]string{groupAnnotation: ""}
		c.Args, c.RunE = noArguments, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if err != nil {
				err = explainArguments(cmd, args, err)
			}
			return cmp.Or(err, missingFlag(cmd))
		}
	}
	for _, sub := range c.Commands() {
		polish(sub)
	}
}

// explainArguments says which arguments are missing or too many, by their names in the line of use.
func explainArguments(cmd *cobra.Command, args []string, err error) error {
	if _, told := errors.AsType[*exitError](err); told {
		return err
	}
	text, names := err.Error(), strings.Fields(cmd.Use)[1:]
	needed := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return strings.HasPrefix(name, "[") })
	switch missing := needed[min(len(args), len(needed)):]; {
	case len(missing) == 1:
		text = missing[0] + " is missing"
	case len(missing) > 1:
		text = strings.Join(missing, " and ") + " are missing"
	case len(names) == 0 && len(args) > 0:
		text = fmt.Sprintf("takes no arguments, but %q was given", args[0])
	case len(args) > len(names):
		text = strconv.Quote(args[len(names)]) + " is an argument too many"
	}
	return usagef("See "+cmd.CommandPath()+" --help.", "%s: %s", cmd.CommandPath(), text)
}

// missingFlag is about a flag that has to be given.
func missingFlag(cmd *cobra.Command) (err error) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, needed := f.Annotations[cobra.BashCompOneRequiredFlag]; needed && !f.Changed {
			name, _ := pflag.UnquoteUsage(f)
			err = usagef("Add --"+f.Name+" "+name+".", "%s: --%s is missing", cmd.CommandPath(), f.Name)
		}
	})
	return err
}

// noArguments is cobra.NoArgs; an argument of a command with others below it is one of these, mistyped.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return unknownCommand(cmd, args[0])
	}
	return cobra.NoArgs(cmd, args)
}

// unknownCommand names what may have been meant below a command.
func unknownCommand(parent *cobra.Command, name string) error {
	path := parent.CommandPath() + " "
	hint := strings.Replace(path, " ", " help ", 1) + "lists the commands."
	if near := parent.SuggestionsFor(name); len(near) > 0 {
		hint = "Did you mean " + path + strings.Join(near, ", or "+path) + "?"
	} else if elsewhere := belowGroups(parent.Root(), name); len(elsewhere) > 0 {
		hint = "Did you mean " + strings.Join(elsewhere, ", or ") + "?"
	}
	_, below, _ := strings.Cut(path, " ")
	return usagef(hint, "there is no command %q", below+name)
}

// belowGroups are commands of that name one level further down: what somebody means who leaves out admin or config.
func belowGroups(root *cobra.Command, name string) (paths []string) {
	for _, group := range root.Commands() {
		for _, c := range group.Commands() {
			if c.Name() == name && group.Name() != "completion" {
				paths = append(paths, c.CommandPath())
			}
		}
	}
	return paths
}

// onlyCommands is for help, whose arguments are the names of a command.
func onlyCommands(cmd *cobra.Command, args []string) error {
	found, rest, err := cmd.Root().Find(args)
	if err == nil && len(rest) > 0 && found.HasSubCommands() {
		err = unknownCommand(found, rest[0])
	}
	return err
}

// atLeast refuses a value of a flag that is too small to be meant.
func atLeast[N int | int64 | time.Duration](flag string, value, least N, example string) error {
	if value < least {
		return usagef("Write it as --"+flag+" "+example+".", "--%s: %v is too little", flag, value)
	}
	return nil
}

// oneOf refuses a value of a flag that is none of those there are; not given is none of them, and fine.
func oneOf(flag, value string, all []string) error {
	if value != "" && !slices.Contains(all, value) {
		return usagef("Write one of "+strings.Join(all, ", ")+".", "--%s: %q is none", flag, value)
	}
	return nil
}

// flagError explains flags that cannot be meant; one behind a mistyped command is that command's.
func flagError(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); cmd.HasSubCommands() && len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	hint := "See " + cmd.CommandPath() + " --help."
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := e.GetSpecifiedShortnames()
		if _, wrong := strconv.ParseFloat(name, 64); wrong == nil && strings.Contains(cmd.Use, creditsArgument) {
			return notCredits("-" + name)
		}
		if name != "" {
			return usagef(hint, "unknown flag: -%s", e.GetSpecifiedName())
		}
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return usagef(hint, "--%s wants a value", e.GetFlag().Name)
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usagef(hint, "--%s wants %s, not %q", e.GetFlag().Name, wanted(e), e.GetValue())
	}
	return usagef(hint, "%w", err)
}

// wanted is what a flag takes.
func wanted(e *pflag.InvalidValueError) string {
	switch kind := e.GetFlag().Value.Type(); {
	case errors.Is(e, strconv.ErrRange):
		return "a smaller number"
	case kind == "duration":
		return "a time like 30s or 2h"
	case kind == "bool":
		return "no value, or true or false"
	case strings.HasPrefix(kind, "int"):
		return "a whole number"
	default:
		return "another value"
	}
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/term"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers"
)

// wish is what a command line of imagine asks for.
type wish struct {
	prompts []string
	flags   string // as people type them after a prompt
	place   place
	account string
	preview string
	asJSON  bool
	quiet   bool
	open    bool
}

// Forms of --preview; the others are the terminal's protocols by name.
const (
	previewAuto   = "auto"
	previewAlways = "always"
	previewNever  = "never"
)

const imagineLong = `Imagine paints prompts through the same pipeline as a chat and writes the pictures to files.

It uses the running process of the data folder, or the deployment that the settings name; otherwise it starts what it needs and stops it again. The operator's account pays; what fails, is refused or canceled costs nothing.

Each argument is a prompt, so put it in quotes; "-" reads prompts from the input, one a line. A prompt takes the flags people can type in a chat: --n 4, --ar 16:9, --seed 42, --no text. Files are named after the prompt and never overwritten.

Ctrl-C takes back what can be taken back, and says what was charged. A second Ctrl-C leaves at once.

Exit codes: 0 it worked · 1 it failed · 2 the command line or a setting is wrong · 3 refused · 130 interrupted.`

// imagineCommand paints from the terminal.
func imagineCommand(s streams) *cobra.Command {
	var w wish
	c := &cobra.Command{
		Use: "imagine PROMPT...", Short: "Paint prompts and write the pictures to files", Long: imagineLong,
		GroupID: groupUse, SuggestFor: []string{"paint", "draw", "generate", "create", "prompt", "image"},
		Example: `  imagika imagine "a red fox under a full moon"
  imagika imagine "sunset over the sea" --ar 16:9 --n 2 -o sea.png
  imagika imagine "a lighthouse" "two boats" -o pictures/
  cat prompts.txt | imagika imagine - --json | jq -r .file`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return s.imagine(cmd, w, args) },
	}
	f := c.Flags()
	f.StringP("out", "o", "", "`FILE` or folder to write to; further images get -2, -3 … before the extension; - is the output")
	f.Int("n", 0, "how many `IMAGES` of each prompt")
	f.String("ar", "", "aspect `RATIO`, such as 16:9")
	f.Int64("seed", 0, "`NUMBER` that makes a picture repeatable")
	f.String("no", "", "what to leave out, in `WORDS`")
	f.String("style", "", "`STYLE`, such as watercolor or \"oil painting\"")
	f.String("quality", "", "`QUALITY`: low, medium or high, where the model knows them")
	f.String("model", "", "`MODEL` that paints (IMAGIKA_MODEL)")
	f.StringVar(&w.preview, "preview", previewAuto, "show pictures in the terminal: `WHEN` is auto, always or never, or how: blocks, kitty, iterm or sixel")
	f.BoolVar(&w.open, "open", false, "open the pictures when they are done")
	f.BoolVarP(&w.quiet, "quiet", "q", false, "print nothing but the names of the files")
	f.BoolVar(&w.asJSON, "json", false, "print a JSON object for each image")
	f.StringVar(&w.account, "account", "operator", "`NAME` of the operator account that pays")
	f.String("data", "", "data `FOLDER` of the process to use (IMAGIKA_DATA)")
	f.SortFlags = false
	s.complete(c)
	return c
}

// complete says what shells may offer.
func (s streams) complete(c *cobra.Command) {
	values := map[string][]string{
		"ar":      {"1:1", "16:9", "9:16", "3:2", "2:3", "4:3", "3:4", "5:4", "4:5", "21:9"},
		"preview": {previewAuto, previewAlways, previewNever, string(term.Blocks), string(term.Kitty), string(term.ITerm), string(term.Sixel)},
		"n":       {"1", "2", "3", "4"},
		"quality": {string(providers.QualityLow), string(providers.QualityMedium), string(providers.QualityHigh)},
		"style":   workers.StyleNames(),
		"seed":    nil, "no": nil, "account": nil,
	}
	for name, v := range values {
		_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(v, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	}
	_ = c.RegisterFlagCompletionFunc("model", func(cmd *cobra.Command, _ []string, _ string) (names []string, d cobra.ShellCompDirective) {
		err := s.withRouting(cmd, func(ctx context.Context, r app.Routing) error {
			offers, err := r.Offers(ctx)
			for _, o := range offers {
				names = append(names, cobra.CompletionWithDesc(o.Name, o.Title))
			}
			return err
		})
		if err != nil {
			d = cobra.ShellCompDirectiveError
		}
		return names, d | cobra.ShellCompDirectiveNoFileComp
	})
	_ = c.MarkFlagDirname("data")
}

func (s streams) imagine(cmd *cobra.Command, w wish, args []string) (err error) {
	if w.account == "" || !sensible(w.account) {
		return noAccount(w.account)
	}
	if w.flags, err = typedFlags(cmd); err != nil {
		return err
	}
	if err := s.choosePreview(w); err != nil {
		return err
	}
	if w.prompts, err = s.takePrompts(cmd.Context(), args); err != nil {
		return err
	}
	out, _ := cmd.Flags().GetString("out")
	if w.place, err = newPlace(out, len(w.prompts)); err != nil {
		return err
	}
	if err := s.checkPipe(w); err != nil {
		return err
	}
	cfg, log, err := s.load(cmd, config.RoleTool)
	if err != nil {
		return err
	}
	if cfg.LogLevel == slog.LevelInfo { // what a server says of its start is nobody's question here
		cfg.LogLevel = slog.LevelWarn
		log = s.logger(cfg)
	}
	err = app.WithStudio(cmd.Context(), cfg, log, func(ctx context.Context, studio *app.Studio) error {
		if studio.Remote && cmd.Flags().Changed("model") { // that process has a model of its own for who says nothing
			w.flags += quoteFlag("model", cfg.Model)
		}
		return newPainting(s, w, studio).run(ctx)
	})
	return explain(cmd, err)
}

// checkPipe refuses what cannot be where the picture itself is written to the output.
func (s streams) checkPipe(w wish) error {
	switch {
	case !w.place.piped:
	case s.screen:
		return usagef("Write it to a file, as in -o fox.png, or into another program.", "-o -: the output is a terminal")
	case w.asJSON:
		return usagef("Leave one out.", "-o - and --json both write to the output")
	case w.open:
		return usagef("Leave one out.", "-o -: there is no file to --open")
	}
	return nil
}

// typedFlags turns flags of the command line into those of a prompt. Their values are for the model to judge, as long as
// they stay one value there.
func typedFlags(cmd *cobra.Command) (string, error) {
	var text strings.Builder
	for _, name := range []string{"n", "ar", "seed", "no", "style", "quality", "model"} {
		f := cmd.Flags().Lookup(name)
		if !f.Changed {
			continue
		}
		value := f.Value.String()
		if strings.TrimSpace(value) == "" || strings.HasPrefix(value, "-") || strings.ContainsAny(value, "\"\n—–") || strings.Contains(value, " --") {
			return "", usagef("See imagika imagine --help.", "--%s %q is no value for it", name, value)
		}
		if name != "model" { // who paints is known later
			text.WriteString(quoteFlag(name, value))
		}
	}
	return text.String(), nil
}

func quoteFlag(name, value string) string { return ` --` + name + ` "` + value + `"` }

// takePrompts returns the arguments, or the lines of the input.
func (s streams) takePrompts(ctx context.Context, args []string) ([]string, error) {
	const quotes = `Put the prompt in quotes: imagika imagine "a red fox under a full moon"`
	single := func(arg string) bool { return !strings.ContainsAny(arg, " \n\t") }
	switch {
	case len(args) == 0:
		return nil, usagef(quotes, "what to paint is missing")
	case len(args) == 1 && args[0] == "-":
		return s.readPrompts(ctx)
	case slices.Contains(args, "-"):
		return nil, usagef(`Use "-" alone to read prompts from the input.`, `"-" stands beside other prompts`)
	case len(args) > 1 && !slices.ContainsFunc(args, func(a string) bool { return !single(a) }):
		return nil, usagef(fmt.Sprintf("For one prompt put it in quotes: imagika imagine %q", strings.Join(args, " ")),
			"%d prompts of one word each are hardly meant", len(args))
	case slices.ContainsFunc(args, func(a string) bool { return strings.TrimSpace(a) == "" }):
		return nil, usagef(quotes, "a prompt is empty")
	}
	return args, nil
}

// maxInput bounds what is read as prompts, in bytes.
const maxInput = 1 << 20

// readPrompts reads a prompt a line, until the input or ctx ends.
func (s streams) readPrompts(ctx context.Context) ([]string, error) {
	if term.IsTerminal(s.in) {
		s.err.Printf("%s\n", s.err.Dim("A prompt a line; Ctrl-D ends."))
	}
	type input struct {
		lines []string
		err   error
	}
	read := make(chan input, 1)
	go func() { // nothing interrupts reading
		var in input
		scan := bufio.NewScanner(io.LimitReader(s.in, maxInput))
		scan.Buffer(nil, maxInput)
		for scan.Scan() {
			if line := strings.TrimSpace(scan.Text()); line != "" {
				in.lines = append(in.lines, line)
			}
		}
		in.err = scan.Err()
		read <- in
	}()
	select {
	case <-ctx.Done():
		return nil, &exitError{exitInterrupted, errors.New("interrupted; nothing was asked for"), ""}
	case in := <-read:
		if in.err != nil {
			return nil, fmt.Errorf("read prompts: %w", in.err)
		}
		if len(in.lines) == 0 {
			return nil, usagef("Give a prompt a line.", "the input has no prompt")
		}
		return in.lines, nil
	}
}

// choosePreview decides how pictures are shown.
func (s streams) choosePreview(w wish) error {
	switch w.preview {
	case previewAuto:
		if w.asJSON || w.quiet {
			s.out.Pictures = term.NoPictures
		}
	case previewNever:
		s.out.Pictures = term.NoPictures
	case previewAlways:
		if s.out.Pictures == term.NoPictures {
			s.out.Pictures = term.Blocks
		}
	case string(term.Blocks), string(term.Kitty), string(term.ITerm), string(term.Sixel):
		s.out.Pictures = term.Protocol(w.preview)
	default:
		return usagef("Choose auto, always or never, or blocks, kitty, iterm or sixel.", "--preview %q is not known", w.preview)
	}
	return nil
}

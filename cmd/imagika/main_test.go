package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imagika/imagika/cmd/internal/term"
	"github.com/imagika/imagika/storage/keys"
)

// result is what a command left behind.
type result struct {
	out, err string
	code     int
}

// execute runs the command line as main does, with these settings and no others.
func execute(ctx context.Context, env map[string]string, in io.Reader, args ...string) result {
	var o, e bytes.Buffer
	code := run(ctx, newStreams(in, &o, &e, environ(env)), args...)
	return result{o.String(), e.String(), code}
}

func run(ctx context.Context, s streams, args ...string) int {
	c := root(s)
	c.SetArgs(args)
	return s.report(c.ExecuteContext(ctx))
}

func environ(env map[string]string) (list []string) {
	for k, v := range env {
		list = append(list, k+"="+v)
	}
	return list
}

// models is the catalogue of small pictures, by a path that stays the same wherever a test goes.
var models, errModels = filepath.Abs("../internal/app/testdata/models.yaml")

// quiet are settings of a data folder of its own, and of pictures that are painted quickly.
func quiet(t *testing.T) map[string]string {
	t.Helper()
	if errModels != nil {
		t.Fatal(errModels)
	}
	t.Chdir(t.TempDir()) // and back: the embedded S3 changes the working directory
	return map[string]string{
		"IMAGIKA_DATA": filepath.Join(t.TempDir(), "data"), "IMAGIKA_LOG_LEVEL": "error",
		"IMAGIKA_WEB_ADDR": "127.0.0.1:0", "IMAGIKA_ADMIN_ADDR": "127.0.0.1:0",
		"IMAGIKA_CATALOGUE": models,
	}
}

func TestImagineFromTheTerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	dir, env := t.TempDir(), quiet(t)
	file := filepath.Join(dir, "fox.png")
	r := execute(t.Context(), env, nil, "imagine", "a red fox under a full moon --seed 3", "--n", "2", "-o", file)
	if r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	for _, name := range []string{file, filepath.Join(dir, "fox-2.png")} {
		checkPNG(t, name, 256)
	}
	if !strings.Contains(r.out, "seed 3 · local · ") || !strings.Contains(r.out, "drawn by the built-in painter, not an AI model\n") ||
		!strings.HasPrefix(r.err, "in line\n") && !strings.HasPrefix(r.err, "painting\n") || strings.Contains(r.out+r.err, "\x1b") { // whichever it was at the first look
		t.Errorf("said %q and %q", r.out, r.err)
	}
	if r := execute(t.Context(), env, nil, "imagine", "a fox", "-o", file); r.code != exitUsage || !strings.Contains(r.err, "there is such a file already") {
		t.Errorf("over an image that is there: %+v", r)
	}
	if r := execute(t.Context(), env, nil, "imagine", "a fox --ar 7:1"); r.code != exitRefused || !strings.Contains(r.err, "16:9") {
		t.Errorf("a ratio the model does not have: %+v", r)
	}
	if r := execute(t.Context(), env, nil, "admin", "ledger", "verify"); r.code != exitOK || !strings.HasSuffix(r.out, "\nevery invariant holds\n") {
		t.Errorf("verify: %+v", r)
	}
}

// A name that is of another form gets the right end, and - is the output, except a terminal.
func TestImagineInItsForm(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	dir, env := t.TempDir(), quiet(t)
	r := execute(t.Context(), env, nil, "imagine", "a fox", "-q", "-o", filepath.Join(dir, "fox.jpg"))
	if r.code != exitOK || !strings.HasSuffix(r.out, "fox.png\n") || !strings.Contains(r.err, "is no .jpg file: its name ends with .png") {
		t.Errorf("%+v", r)
	}
	checkPNG(t, filepath.Join(dir, "fox.png"), 256)

	r = execute(t.Context(), env, nil, "imagine", "a fox --n 2", "-o", "-")
	if cfg, err := png.DecodeConfig(strings.NewReader(r.out)); err != nil || cfg.Width != 256 || r.code != exitOK {
		t.Errorf("%+v, %v, code %d, said %q", cfg, err, r.code, r.err)
	}
	if beside, _ := filepath.Glob("a-fox-*-2.png"); len(beside) != 1 || !strings.Contains(r.err, beside[0]) {
		t.Errorf("the second picture is not beside: %q, said %q", beside, r.err)
	}

	var e strings.Builder
	s := newStreams(nil, io.Discard, &e, environ(env))
	s.screen = true
	if code := run(t.Context(), s, "imagine", "a fox", "-o", "-"); code != exitUsage || !strings.Contains(e.String(), "the output is a terminal") {
		t.Errorf("code %d, said %q", code, e.String())
	}
}

// The embedded S3 changes the working directory; pictures go where whoever asked is.
func TestImagineBesideWhoeverAsks(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	env := quiet(t)
	delete(env, "IMAGIKA_CATALOGUE") // as it comes
	r := execute(t.Context(), env, nil, "imagine", "a fox", "-q")
	if r.code != exitOK || r.err != "" || strings.Contains(r.out, "/") {
		t.Fatalf("%+v", r)
	}
	checkPNG(t, strings.TrimSpace(r.out), 1024)
}

func checkPNG(t *testing.T, name string, width int) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if cfg, err := png.DecodeConfig(f); err != nil || cfg.Width != width {
		t.Errorf("%s: %+v, %v", name, cfg, err)
	}
}

func TestSeveralPromptsAsJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	dir := filepath.Join(t.TempDir(), "new") + "/"
	in := strings.NewReader("a red fox\n\n  Ein Leuchtturm, im Sturm!\nthe same fox\n")
	r := execute(t.Context(), quiet(t), in, "imagine", "-", "--json", "-o", dir, "--seed", "7", "--preview", "always")
	if r.code != exitOK || r.err != "" {
		t.Fatalf("%+v", r)
	}
	names, prompts := map[string]bool{}, []string{}
	for line := range strings.Lines(r.out) {
		if !strings.HasPrefix(line, "{") {
			continue // a row of a picture, which was asked for
		}
		var p picture
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		checkPNG(t, p.File, 256)
		names[filepath.Base(p.File)] = true
		prompts = append(prompts, p.Prompt)
		if info, err := os.Stat(p.File); err != nil || info.Size() != p.Bytes || p.Seed != 7 || p.Model != "local" || !p.BuiltIn || p.Seconds <= 0 {
			t.Errorf("picture %+v, %v", p, err)
		}
	}
	if got := strings.Join(prompts, "|"); got != "a red fox|Ein Leuchtturm, im Sturm!|the same fox" || len(names) != 3 {
		t.Errorf("prompts %q, files %v", got, names)
	}
	for name := range names {
		if !strings.HasPrefix(name, "a-red-fox-") && !strings.HasPrefix(name, "ein-leuchtturm-im-sturm-") && !strings.HasPrefix(name, "the-same-fox-") {
			t.Errorf("name %q", name)
		}
	}
	if !strings.Contains(r.out, "▀") {
		t.Error("no picture was shown")
	}
}

func TestMistakesSayWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken.png")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		desc string
		env  map[string]string
		args []string
		code int
		want string // of the first line
		hint string // of the second
	}{
		{"unknown setting", map[string]string{"IMAGIKA_PRIZE": "1"}, []string{"run"}, exitUsage, "IMAGIKA_PRIZE is not a setting", ".env.example"},
		{"value out of bounds", map[string]string{"IMAGIKA_PRICE": "-1"}, []string{"run"}, exitUsage, "IMAGIKA_PRICE", ".env.example"},
		{"a role without its server", map[string]string{
			"IMAGIKA_QUEUE_KEY": keys.GenerateMaster(), "IMAGIKA_TELEGRAM_TOKEN": "7000000001:" + strings.Repeat("x", 35),
		}, []string{"bot"}, exitUsage, "IMAGIKA_REDIS_URL", ".env.example"},
		{"unknown command", nil, []string{"zzz"}, exitUsage, `no command "zzz"`, "imagika help lists"},
		{"mistyped command", nil, []string{"imagien", "a fox", "--n", "2"}, exitUsage, `no command "imagien"`, "Did you mean imagika imagine?"},
		{"another word for a command", nil, []string{"paint", "a fox"}, exitUsage, `no command "paint"`, "Did you mean imagika imagine?"},
		{"help of a command there is not", nil, []string{"help", "nosuch"}, exitUsage, `no command "nosuch"`, "imagika help lists"},
		{"help of a mistyped command", nil, []string{"help", "admin", "user"}, exitUsage, `no command "admin user"`, "Did you mean imagika admin users?"},
		{"a completion there is not", nil, []string{"completion", "nosuch"}, exitUsage, `no command "completion nosuch"`, "imagika help completion lists"},
		{"an argument of a completion", nil, []string{"completion", "bash", "x"}, exitUsage, `completion bash: takes no arguments, but "x" was given`, "--help"},
		{"unknown command of admin", nil, []string{"admin", "nosuch", "--all"}, exitUsage, `no command "admin nosuch"`, "imagika help admin lists"},
		{"mistyped command of admin", nil, []string{"admin", "user"}, exitUsage, `no command "admin user"`, "Did you mean imagika admin users?"},
		{"a command of admin without it", nil, []string{"queues", "list"}, exitUsage, `no command "queues"`, "Did you mean imagika admin queues?"},
		{"a file for a data folder", map[string]string{"IMAGIKA_DATA": taken}, []string{"run"}, exitUsage, "the data folder " + taken + " cannot be used: not a directory", "--data"},
		{"nobody runs", nil, []string{"admin", "queues", "list"}, exitRefused, "nothing runs", "Start imagika run"},
		{"a database of redis by name", map[string]string{"IMAGIKA_REDIS_URL": "redis://127.0.0.1/main"}, []string{"run"}, exitUsage, "/number of a database", ".env.example"},
		{"a word of postgres there is not", map[string]string{"IMAGIKA_DATABASE_URL": "postgres://u:p@127.0.0.1/x?sslmode=perhaps"}, []string{"migrate"}, exitUsage, "behind its question mark", ".env.example"},
		{"mistyped command of a group", nil, []string{"config", "chekc"}, exitUsage, `no command "config chekc"`, "Did you mean imagika config check?"},
		{"mistyped command below one that runs", nil, []string{"admin", "pools", "drian"}, exitUsage, `no command "admin pools drian"`, "Did you mean imagika admin pools drain?"},
		{"unknown flag", nil, []string{"run", "--fast"}, exitUsage, "unknown flag: --fast", "imagika run --help"},
		{"an argument too many", nil, []string{"run", "fast"}, exitUsage, `imagika run: takes no arguments, but "fast"`, "imagika run --help"},
		{"an argument more than there are", nil, []string{"admin", "users", "show", "a", "b"}, exitUsage, `imagika admin users show: "b" is an argument too many`, "--help"},
		{"an argument missing", nil, []string{"admin", "users", "show"}, exitUsage, "imagika admin users show: PERSON is missing", "--help"},
		{"two arguments missing", nil, []string{"admin", "credits", "grant"}, exitUsage, "imagika admin credits grant: PERSON and NUMBER are missing", "--help"},
		{"the second argument missing", nil, []string{"admin", "credits", "grant", "4242"}, exitUsage, "grant: NUMBER is missing", "--help"},
		{"a flag missing", nil, []string{"admin", "users", "export", "4242"}, exitUsage, "imagika admin users export: --out is missing", "Add --out FILE."},
		{"credits below zero", nil, []string{"admin", "users", "grant", "4242", "-5"}, exitUsage, `"-5" is not a number of credits`, "above 0"},
		{"an unknown letter", nil, []string{"admin", "users", "show", "-x", "4242"}, exitUsage, "unknown flag: -x", "--help"},
		{"no value", nil, []string{"imagine", "x", "--n"}, exitUsage, "--n wants a value", "--help"},
		{"no whole number", nil, []string{"admin", "money", "--days", "abc"}, exitUsage, `--days wants a whole number, not "abc"`, "--help"},
		{"a number beyond all", nil, []string{"imagine", "x", "--seed", "99999999999999999999"}, exitUsage, `--seed wants a smaller number, not "9999`, "--help"},
		{"no time", nil, []string{"admin", "queues", "drain", "generate", "--wait", "abc"}, exitUsage, `--wait wants a time like 30s or 2h, not "abc"`, "--help"},
		{"no yes or no", nil, []string{"imagine", "x", "--open=perhaps"}, exitUsage, `--open wants no value, or true or false, not "perhaps"`, "--help"},
		{"no prompt", nil, []string{"imagine"}, exitUsage, "what to paint is missing", "in quotes"},
		{"an empty prompt", nil, []string{"imagine", " "}, exitUsage, "a prompt is empty", "in quotes"},
		{"no quotes", nil, []string{"imagine", "a", "red", "fox"}, exitUsage, "3 prompts of one word", `imagika imagine "a red fox"`},
		{"input beside prompts", nil, []string{"imagine", "a fox", "-"}, exitUsage, `"-" stands beside`, `Use "-" alone`},
		{"no input", nil, []string{"imagine", "-"}, exitUsage, "the input has no prompt", "a line"},
		{"a flag within a flag", nil, []string{"imagine", "x", "--ar", "1:1 --n 4"}, exitUsage, `--ar "1:1 --n 4" is no value`, "--help"},
		{"a flag within words", nil, []string{"imagine", "x", "--no", `text" --n 4`}, exitUsage, "is no value", "--help"},
		{"not a number", nil, []string{"imagine", "x", "--n", "many"}, exitUsage, "many", "--help"},
		{"no name of an account", nil, []string{"imagine", "x", "--account", "a b"}, exitUsage, `--account: "a b" is no name`, "--account ann"},
		{"an account of nobody", nil, []string{"imagine", "x", "--account", ""}, exitUsage, `--account: "" is no name`, "--account ann"},
		{"an unknown preview", nil, []string{"imagine", "x", "--preview", "big"}, exitUsage, `--preview "big"`, "auto, always or never"},
		{"no such folder", nil, []string{"imagine", "x", "-o", filepath.Join(dir, "none", "x.png")}, exitUsage, "no such file", "Choose another"},
		{"no folder", nil, []string{"imagine", "x", "-o", filepath.Join(taken, "x.png")}, exitUsage, "not a ", "Choose another"},
		{"a file that is there", nil, []string{"imagine", "x", "-o", taken}, exitUsage, "such a file already", "Choose another"},
		{"one file for two", nil, []string{"imagine", "a fox", "a cat", "-o", filepath.Join(dir, "x.png")}, exitUsage, "one file, for 2 prompts", "x/"},
		{"no form of a picture", nil, []string{"imagine", "x", "-o", filepath.Join(dir, "x.gif")}, exitUsage, "pictures are .png, .jpg, .jpeg, .webp, not .gif", "Choose another"},
		{"the output for two", nil, []string{"imagine", "a fox", "a cat", "-o", "-"}, exitUsage, "-o -: is one picture, for 2 prompts", "pictures/"},
		{"the output for two things", nil, []string{"imagine", "x", "-o", "-", "--json"}, exitUsage, "both write to the output", "Leave one out"},
		{"the output to open", nil, []string{"imagine", "x", "-o", "-", "--open"}, exitUsage, "no file to --open", "Leave one out"},
		{"nobody to ask", map[string]string{"IMAGIKA_ADMIN_ADDR": "127.0.0.1:1"}, []string{"healthcheck"}, exitFailed, "127.0.0.1:1", "IMAGIKA_ADMIN_ADDR"},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"IMAGIKA_LOG_LEVEL": "error", "IMAGIKA_WEB_ADDR": "127.0.0.1:0", "IMAGIKA_DATA": filepath.Join(dir, tt.desc)}
			maps.Copy(env, tt.env)
			r := execute(t.Context(), env, strings.NewReader(""), tt.args...)
			lines := strings.Split(strings.TrimSuffix(r.err, "\n"), "\n")
			if r.code != tt.code || !strings.HasPrefix(lines[0], "imagika: ") || !strings.Contains(lines[0], tt.want) {
				t.Errorf("code %d, said %q", r.code, r.err)
			}
			if len(lines) != 2 || !strings.HasPrefix(lines[1], "→ ") || !strings.Contains(lines[1], tt.hint) {
				t.Errorf("advice %q, want %q", lines[1:], tt.hint)
			}
		})
	}
}

// What stops a start is named as it was typed.
func TestSettingsByFlags(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	for _, tt := range []struct {
		args       []string
		said, hint string
	}{
		{[]string{"run", "--pools", "x=1"}, `imagika: --pools: no pool "x"`, "imagika run --help"},
		{[]string{"run", "--queues", "nosuch=1"}, `imagika: --queues: no queue "nosuch"`, "imagika run --help"},
		{[]string{"imagine", "a fox", "--model", "nosuch"}, "imagika: --model: there is no model nosuch\n", "imagika imagine --help"},
		{[]string{"run"}, `imagika: IMAGIKA_POOLS: no pool "y"`, ".env.example"},
	} {
		env := quiet(t)
		if len(tt.args) == 1 {
			env["IMAGIKA_POOLS"] = "y=1"
		}
		if r := execute(t.Context(), env, nil, tt.args...); r.code != exitUsage || !strings.HasPrefix(r.err, tt.said) || !strings.Contains(r.err, tt.hint) {
			t.Errorf("%q: %+v", tt.args, r)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	s := newStreams(nil, io.Discard, io.Discard, nil)
	commands := root(s).Commands()
	if len(commands) < 9 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, width := range []int{40, 80, 120} {
		for _, c := range commands {
			var b bytes.Buffer
			s := s
			s.out = term.New(&b, term.Settings{Live: true, Unicode: true, Width: width})
			if code := run(t.Context(), s, c.Name(), "--help"); code != exitOK {
				t.Fatalf("%s --help: %d", c.Name(), code)
			}
			if c.Long == "" || c.GroupID == "" || !strings.Contains(b.String(), "\nUsage\n  imagika "+c.Name()) {
				t.Errorf("%s has no help: %q", c.Name(), b.String())
			}
			text, _, _ := strings.Cut(b.String(), "\nUsage\n")
			for line := range strings.Lines(text) {
				if term.Width(line) > width {
					t.Errorf("%s at %d: %q is too long", c.Name(), width, line)
				}
			}
		}
	}
	r := execute(t.Context(), nil, nil, "--version")
	if v := execute(t.Context(), nil, nil, "version"); r.out != v.out || !strings.HasPrefix(r.out, "imagika ") || strings.Count(r.out, "\n") != 1 {
		t.Errorf("versions %q and %q", r.out, v.out)
	}
	if r := execute(t.Context(), nil, nil, "__complete", "imagine", "--model", ""); !strings.HasPrefix(r.out, "local") {
		t.Errorf("models to complete: %q", r.out)
	}
	if r := execute(t.Context(), nil, nil, "__complete", "imagine", "--ar", ""); !strings.Contains(r.out, "16:9\n") {
		t.Errorf("ratios to complete: %q", r.out)
	}
}

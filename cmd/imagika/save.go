package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // for the preview
	_ "image/png"  // for the preview
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"

	_ "golang.org/x/image/webp" // for the preview

	"github.com/imagika/imagika/workers"
)

// place is where pictures go. The folder is absolute, because the embedded S3 changes the working directory.
type place struct {
	from   string // working directory of whoever asks
	folder string
	file   string // "" to name them after the prompt
	piped  bool   // the first one is written to the output
}

// newPlace reads --out, and refuses a place that cannot be written to before anything is painted.
func newPlace(out string, prompts int) (place, error) {
	p, err := choosePlace(out, prompts)
	if err != nil {
		return place{}, err
	}
	if p.folder, err = filepath.Abs(p.folder); err != nil {
		return place{}, err
	}
	p.from, err = os.Getwd()
	return p, err
}

func choosePlace(out string, prompts int) (place, error) {
	const nothing = "Nothing was painted. Choose another with -o."
	switch out {
	case "":
		return place{folder: "."}, nil
	case piped:
		if prompts > 1 {
			return place{}, usagef("Name a folder: -o pictures/", "-o -: is one picture, for %d prompts", prompts)
		}
		return place{folder: ".", piped: true}, nil
	}
	info, err := os.Stat(out)
	switch {
	case err == nil && info.IsDir():
		return place{folder: out}, nil
	case err == nil:
		return place{}, usagef(nothing, "-o %s: there is such a file already", out)
	case strings.HasSuffix(out, "/"):
		return place{folder: out}, os.MkdirAll(out, 0o755)
	case prompts > 1:
		return place{}, usagef("Name a folder: -o "+strings.TrimSuffix(out, filepath.Ext(out))+"/", "-o %s: is one file, for %d prompts", out, prompts)
	}
	if ext := filepath.Ext(out); ext != "" && !slices.Contains(pictureExtensions(), strings.ToLower(ext)) {
		return place{}, usagef(nothing, "-o %s: pictures are %s, not %s", out, strings.Join(pictureExtensions(), ", "), ext)
	}
	if info, err = os.Stat(filepath.Dir(out)); err != nil {
		return place{}, usagef(nothing, "-o %s: %w", out, err)
	}
	if !info.IsDir() {
		return place{}, usagef(nothing, "-o %s: %s is not a folder", out, filepath.Dir(out))
	}
	return place{folder: filepath.Dir(out), file: filepath.Base(out)}, nil
}

// piped is what stands for the output in place of a file.
const piped = "-"

// name is that of an image: the file's, or one made of the prompt and the end of the generation's id. What form an image has is
// known only now, so the extension that was typed may be replaced.
func (p place) name(v workers.View, n int) string {
	name, ext := p.file, extension(v.Images[n].MediaType)
	switch typed := filepath.Ext(name); {
	case name == "":
		name = slug(v.Prompt) + "-" + strings.ToLower(v.ID[max(0, len(v.ID)-5):]) + ext
	case typed != "" && !fits(typed, ext):
		name = strings.TrimSuffix(name, typed) + ext
	}
	return numbered(filepath.Join(p.folder, name), n)
}

// shown is a name as whoever asked would type it.
func (p place) shown(name string) string {
	if short, err := filepath.Rel(p.from, name); err == nil && filepath.IsLocal(short) {
		return short
	}
	return name
}

// slug is the beginning of a prompt as part of a file name: letters and digits of any script, whole words.
func slug(prompt string) string {
	const most = 40
	words := strings.FieldsFunc(strings.ToLower(prompt), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N, unicode.M) })
	name := ""
	for _, word := range words {
		if name != "" && len(name)+1+len(word) > most {
			break
		}
		name = strings.TrimPrefix(name+"-"+word, "-")
	}
	for len(name) > 2*most { // one long word, or a script without spaces
		runes := []rune(name)
		name = string(runes[:len(runes)-1])
	}
	if name == "" {
		return "picture"
	}
	return name
}

func extension(mediaType string) string {
	switch mediaType {
	case "image/jpeg":
		return ".jpg"
	case "image/webp":
		return ".webp"
	}
	return ".png"
}

// pictureExtensions are those of files that pictures are saved in.
func pictureExtensions() []string { return []string{".png", ".jpg", ".jpeg", ".webp"} }

// fits reports whether a file may have that extension where it should have this one.
func fits(typed, ext string) bool {
	return strings.EqualFold(typed, ext) || ext == ".jpg" && strings.EqualFold(typed, ".jpeg")
}

// numbered puts -2, -3 … before the extension of all but the first.
func numbered(name string, n int) string {
	if n == 0 {
		return name
	}
	ext := filepath.Ext(name)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n+1, ext)
}

// picture is what --json prints of an image.
type picture struct {
	Prompt    string  `json:"prompt"`
	ID        string  `json:"id"`    // of the generation
	Index     int     `json:"index"` // of the image in it, from 0
	File      string  `json:"file"`  // absolute
	MediaType string  `json:"media_type"`
	Bytes     int64   `json:"bytes"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Seed      int64   `json:"seed"`
	Model     string  `json:"model"`
	Seconds   float64 `json:"seconds"`  // from the wish to the picture
	BuiltIn   bool    `json:"built_in"` // drawn by rules, not by an AI model
}

// save writes the images of a generation to files, and prints what they are.
func (p *painting) save(ctx context.Context, a asked) error {
	took := time.Since(a.begun)
	p.progress.End()
	v := a.view
	for n, i := range v.Images {
		if p.place.piped && n == 0 {
			if err := p.pipe(ctx, v.ID); err != nil {
				return err
			}
			continue
		}
		name, err := p.saveOne(ctx, v.ID, n, p.place.name(v, n))
		if err != nil {
			return err
		}
		if typed := filepath.Ext(p.place.file); typed != "" && !fits(typed, filepath.Ext(name)) {
			p.err.Printf("The picture is no %s file: its name ends with %s.\n", typed, filepath.Ext(name))
		}
		pic := picture{
			v.Prompt, v.ID, n, name, i.MediaType, i.Bytes, i.Width, i.Height, v.Seed + int64(n), v.Model, took.Seconds(), i.Note != "",
		}
		if err := p.print(pic); err != nil {
			return err
		}
		if p.open {
			if err := openFile(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// pipe writes the first image to the output.
func (p *painting) pipe(ctx context.Context, id string) error {
	body, err := p.studio.Fetch(ctx, p.account, id, 0)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(p.out, body)
	return err
}

// saveOne writes an image beside its final name first, so that a file is whole or not there. A name that was taken in the
// meantime is left alone: the next free number is used.
func (p *painting) saveOne(ctx context.Context, id string, n int, name string) (string, error) {
	body, err := p.studio.Fetch(ctx, p.account, id, n)
	if err != nil {
		return "", err
	}
	defer body.Close()
	f, err := os.CreateTemp(filepath.Dir(name), ".imagika-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, body)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return "", err
	}
	for i, free := 1, name; ; i++ {
		err := moveTo(f.Name(), free)
		if !errors.Is(err, fs.ErrExist) {
			return free, err
		}
		free = numbered(name, i)
	}
}

// moveTo gives a file its name unless that is taken. Where there are no hard links, as on a memory card, it looks first.
func moveTo(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// print says what an image is, in the form that was asked for.
func (p *painting) print(pic picture) error {
	switch {
	case p.place.piped: // the output is a picture already
		p.err.Printf("%s\n", p.place.shown(pic.File))
		return nil
	case p.asJSON:
		e := json.NewEncoder(p.out)
		e.SetEscapeHTML(false)
		if err := e.Encode(pic); err != nil {
			return err
		}
	case p.quiet:
		p.out.Printf("%s\n", p.place.shown(pic.File))
	default:
		p.out.Printf("%s %s  %s\n", p.out.Green("✓"), p.link(pic.File), p.out.Dim(pic.details()))
	}
	return p.display(pic.File)
}

// details are size, seed, model and time in a line.
func (p picture) details() string {
	text := fmt.Sprintf("%d×%d · %s · seed %d · %s · %.1f s", p.Width, p.Height, size(p.Bytes), p.Seed, p.Model, p.Seconds)
	if p.BuiltIn {
		text += " · drawn by the built-in painter, not an AI model"
	}
	return text
}

func size(bytes int64) string {
	if bytes < 1_000_000 {
		return fmt.Sprintf("%d kB", (bytes+999)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}

func (p *painting) link(file string) string {
	return p.out.Link((&url.URL{Scheme: "file", Path: file}).String(), p.out.Bold(p.place.shown(file)))
}

// display shows a picture in the terminal; one of a form nobody here can read is left to other programs.
func (p *painting) display(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil //nolint:nilerr // It is on disk, which is what was asked for.
	}
	return p.out.Picture(img)
}

// openFile opens a file with the program people chose for it.
func openFile(ctx context.Context, name string) error {
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	if err := exec.CommandContext(ctx, program, name).Run(); err != nil {
		return &exitError{exitFailed, fmt.Errorf("open %s: %w", name, err), "The picture is saved; " + program + " could not show it."}
	}
	return nil
}

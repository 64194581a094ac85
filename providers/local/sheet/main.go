// Command sheet draws a contact sheet with the embedded painter: every line of a file of prompts, small, over its words.
// It is how the painter is looked at while it is worked on, and makes the picture in the README.
//
//	go run ./providers/local/sheet -o sheet.jpg [prompts.txt]
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	stddraw "image/draw"
	"image/jpeg"
	"os"
	"os/signal"
	"runtime"
	"strings"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/sync/errgroup"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/local"
)

//go:embed prompts.txt
var prompts string // the default ones

// Pixels: of the page, between pictures, under them, of a picture before it is made small; and how many stand in a row.
const wide, gap, caption, side, columns = 2000, 6, 24, 768, 8

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sheet:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	out := flag.String("o", "sheet.jpg", "file to write")
	flag.Parse()
	lines := prompts
	if flag.NArg() > 0 {
		file, err := os.ReadFile(flag.Arg(0))
		if err != nil {
			return err
		}
		lines = string(file)
	}
	page, err := draw(ctx, strings.Split(strings.TrimSpace(lines), "\n"))
	if err != nil {
		return err
	}
	return save(*out, page)
}

// draw lays the pictures out and paints them, as many at once as there are processors.
func draw(ctx context.Context, lines []string) (*image.RGBA, error) {
	cell := (wide - gap) / columns
	rows := (len(lines) + columns - 1) / columns
	page := image.NewRGBA(image.Rect(0, 0, wide, rows*(cell+caption)+gap))
	stddraw.Draw(page, page.Bounds(), image.NewUniform(color.Gray{24}), image.Point{}, stddraw.Src)
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 13, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	painter := local.New(local.Options{})
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, line := range lines {
		at := image.Pt(gap+i%columns*cell, gap+i/columns*(cell+caption))
		label(page, face, at.Add(image.Pt(0, cell+caption/2-gap/2)), line, cell-gap)
		work.Go(func() error {
			img, err := paint(ctx, painter, line, int64(i+1))
			if err != nil {
				return fmt.Errorf("%q: %w", line, err)
			}
			xdraw.CatmullRom.Scale(page, image.Rectangle{at, at.Add(image.Pt(cell-gap, cell-gap))}, img, img.Bounds(), stddraw.Src, nil)
			return nil
		})
	}
	return page, work.Wait()
}

// paint makes one picture.
func paint(ctx context.Context, painter *local.Provider, prompt string, seed int64) (image.Image, error) {
	r := providers.Request{
		AttemptID: "sheet", Model: local.ModelSync, Operation: providers.Generate, Prompt: prompt, Count: 1, Seed: seed,
		Size: providers.Size{Width: side, Height: side},
	}
	submitted, err := painter.Submit(ctx, r)
	if err != nil {
		return nil, err
	}
	for made, err := range submitted.Images {
		if err != nil {
			return nil, err
		}
		img, _, err := image.Decode(made.Body)
		return img, err
	}
	return nil, errors.New("no picture")
}

// label writes a line, cut to a width.
func label(page *image.RGBA, face font.Face, at image.Point, line string, width int) {
	pen := font.Drawer{Dst: page, Src: image.NewUniform(color.Gray{220}), Face: face}
	for words := []rune(line); len(words) > 1 && pen.MeasureString(line) > fixed.I(width); line = string(words) + "…" {
		words = words[:len(words)-1]
	}
	pen.Dot = fixed.P(at.X, at.Y+6)
	pen.DrawString(line)
}

// save writes a JPEG, as good as fits a README.
func save(name string, img image.Image) error {
	var b bytes.Buffer
	for quality := 92; b.Len() == 0 || b.Len() > 700_000 && quality > 40; quality -= 4 {
		b.Reset()
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
			return err
		}
	}
	return os.WriteFile(name, b.Bytes(), 0o600)
}

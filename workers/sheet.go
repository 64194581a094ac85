package workers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"strconv"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
)

// A contact sheet is one picture of several results, numbered. Telegram has no list with pictures in it, and an album can
// neither be leafed through nor carry buttons. A sheet is drawn when it is sent and kept nowhere.

// sheetBody asks for a contact sheet.
type sheetBody struct {
	Generations []string `json:"generations"` // by id, in order
}

func sheetOf(all []storage.Generation) *sheetBody {
	b := &sheetBody{}
	for _, g := range all {
		b.Generations = append(b.Generations, g.ID)
	}
	return b
}

// Measures of a sheet, in pixels.
const (
	sheetColumns = 3
	sheetCell    = 320
	sheetGap     = 8
	sheetBadge   = 56
)

var (
	sheetGround = image.NewUniform(color.RGBA{0x1c, 0x1c, 0x1e, 0xff})
	sheetEmpty  = image.NewUniform(color.RGBA{0x3a, 0x3a, 0x3c, 0xff})
	sheetShade  = image.NewUniform(color.RGBA{0, 0, 0, 0xb0})
)

// sendSheet sends a message that stands under a contact sheet.
func (w *Workers) sendSheet(ctx context.Context, d storage.Delivery, b messageBody) (storage.Shown, error) {
	sheet, err := w.drawSheet(ctx, d.User, b.Sheet.Generations)
	if err != nil {
		return storage.Shown{}, err
	}
	return one(w.Telegram.SendPhoto(ctx, telegram.Picture{
		ChatID: b.Chat, ReplyTo: b.ReplyTo, Media: telegram.Media{Upload: sheet}, Caption: b.Text, Keyboard: b.Keyboard,
	}))
}

// editSheet puts another sheet in the place of the message's.
func (w *Workers) editSheet(ctx context.Context, d storage.Delivery, b editBody) error {
	sheet, err := w.drawSheet(ctx, d.User, b.Sheet.Generations)
	if err != nil {
		return err
	}
	_, err = w.Telegram.EditMedia(ctx, telegram.MediaEdit{
		ChatID: b.Chat, MessageID: b.Message, Media: telegram.Media{Upload: sheet}, Caption: b.Text, Keyboard: b.Keyboard,
	})
	return err
}

// drawSheet draws the first image of each of the person's generations. The place of one that has none stays empty.
func (w *Workers) drawSheet(ctx context.Context, user int64, generations []string) (*telegram.Upload, error) {
	face, err := sheetFace()
	if err != nil {
		return nil, err
	}
	defer face.Close()
	columns := min(sheetColumns, max(len(generations), 1))
	rows := max((len(generations)+sheetColumns-1)/sheetColumns, 1)
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(sheetCell+sheetGap)+sheetGap, rows*(sheetCell+sheetGap)+sheetGap))
	draw.Draw(sheet, sheet.Bounds(), sheetGround, image.Point{}, draw.Src)
	for i, id := range generations {
		at := image.Pt(sheetGap+i%sheetColumns*(sheetCell+sheetGap), sheetGap+i/sheetColumns*(sheetCell+sheetGap))
		cell := image.Rectangle{at, at.Add(image.Pt(sheetCell, sheetCell))}
		draw.Draw(sheet, cell, sheetEmpty, image.Point{}, draw.Src)
		if err := w.drawThumbnail(ctx, sheet, cell, user, id); err != nil {
			return nil, err
		}
		drawNumber(sheet, cell, face, i+1)
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, sheet, &jpeg.Options{Quality: 82}); err != nil {
		return nil, fmt.Errorf("encode contact sheet: %w", err)
	}
	return &telegram.Upload{
		Name: "imagika.jpg", MediaType: "image/jpeg", Size: int64(file.Len()),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file.Bytes())), nil },
	}, nil
}

// drawThumbnail fills a cell with the middle of a generation's first image. One that the object store lost, or nobody can
// read any more, leaves the cell empty.
func (w *Workers) drawThumbnail(ctx context.Context, sheet draw.Image, cell image.Rectangle, user int64, generation string) error {
	images, err := w.Store.Images(ctx, generation, true)
	if err != nil || len(images) == 0 || images[0].User != user {
		return err
	}
	img, err := w.decodeStored(ctx, images[0])
	switch {
	case errors.Is(err, objects.ErrNotFound), errors.Is(err, errNoPicture):
		w.Log.WarnContext(ctx, "no thumbnail of a stored image", "generation", generation, "error", err)
		return nil
	case err != nil:
		return err
	}
	b := img.Bounds()
	side := min(b.Dx(), b.Dy())
	from := image.Pt(b.Min.X+(b.Dx()-side)/2, b.Min.Y+(b.Dy()-side)/2)
	draw.ApproxBiLinear.Scale(sheet, cell, img, image.Rectangle{from, from.Add(image.Pt(side, side))}, draw.Src, nil)
	return nil
}

// decodeStored decodes an image of the object store. Full decodes are few at a time; they are what costs memory.
func (w *Workers) decodeStored(ctx context.Context, i storage.Image) (image.Image, error) {
	done, err := w.awaitDecode(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	body, err := w.open(ctx, i)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return decodeSafely(body)
}

func sheetFace() (font.Face, error) {
	bold, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("font of contact sheets: %w", err)
	}
	return opentype.NewFace(bold, &opentype.FaceOptions{Size: 36, DPI: 72, Hinting: font.HintingFull})
}

// drawNumber puts a number into the cell's corner, on a shade that it can be read on.
func drawNumber(sheet draw.Image, cell image.Rectangle, face font.Face, n int) {
	badge := image.Rectangle{cell.Min, cell.Min.Add(image.Pt(sheetBadge, sheetBadge))}
	draw.Draw(sheet, badge, sheetShade, image.Point{}, draw.Over)
	text := strconv.Itoa(n)
	d := font.Drawer{Dst: sheet, Src: image.White, Face: face}
	d.Dot = fixed.P(badge.Min.X+sheetBadge/2, badge.Min.Y+sheetBadge*3/4-2).Sub(fixed.Point26_6{X: d.MeasureString(text) / 2})
	d.DrawString(text)
}

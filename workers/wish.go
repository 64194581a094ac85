package workers

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// fields are what a wish leaves to the flags of a prompt: the flag, and what the field is called.
func (d Wish) fields() []typedFlag {
	all := []typedFlag{{"model", d.Model}, {"ar", d.Aspect}, {"quality", d.Quality}, {"style", d.Style}, {"no", clean(d.Negative)}}
	if d.Count != 0 {
		all = append(all, typedFlag{"n", strconv.Itoa(d.Count)})
	}
	if d.Seed != nil {
		all = append(all, typedFlag{"seed", strconv.FormatInt(*d.Seed, 10)})
	}
	return all
}

// param is what a field is called that a flag stands for.
func param(flag string) string {
	if name, ok := map[string]string{"n": "count", "ar": "aspect", "no": "negative"}[flag]; ok {
		return name
	}
	return flag
}

// FieldName is what programs call a field of a wish, as a [Refusal] names it.
func FieldName(param string) string {
	if name, ok := map[string]string{"count": "n", "aspect": "size", "negative": "negative_prompt"}[param]; ok {
		return name
	}
	return param
}

// askFor reads a wish. What it names has to be possible; what it leaves open is the model's.
func (w *Workers) askFor(ctx context.Context, in *incoming, wish Wish) (ask, error) {
	c := chosen{prompt: clean(wish.Prompt)}
	if err := checkPrompt(c.prompt, wish.Prompt, w.Settings.PromptMax); err != nil {
		return ask{}, w.invalid(in, "prompt", err)
	}
	v := w.vocabulary(in.person.Settings)
	for _, f := range wish.fields() {
		if f.value == "" {
			continue
		}
		if err := v.take(&c, f); err != nil {
			return ask{}, w.invalid(in, param(f.name), err)
		}
	}
	src, err := w.sourceFor(ctx, in, wish)
	if err != nil {
		return ask{}, err
	}
	op, m := providers.Generate, w.modelFor(in.person, providers.Generate)
	if src.count() > 0 {
		op, m = providers.Edit, w.painter(in.person, src.count())
	}
	if named, ok := w.Router.Model(c.typed.Model); ok {
		m = named
	}
	if err := w.checkFit(c.typed, m, op); err != nil {
		return ask{}, w.invalid(in, misfit(c.typed, m, op), err)
	}
	if src.count() > m.MaxRefs && op == providers.Edit {
		return ask{}, w.tooManyPictures(in, m)
	}
	a := newAsk(c.prompt, within(c.typed, m, w.Settings.MaxImages), m, op)
	if wish.Width > 0 && wish.Height > 0 {
		size := m.Nearest(providers.Size{Width: wish.Width, Height: wish.Height})
		a.params.Width, a.params.Height, a.shaped = size.Width, size.Height, true
	}
	if op == providers.Edit {
		a.parent, a.parentN = src.parent, src.parentN
		w.keepShape(&a, src.size())
	}
	a.request.Chat, a.request.Lang, a.request.Without = in.chat.ID, in.texts.Language(), in.person.Settings.Without
	a.params.Refs = len(wish.References)
	a.price = w.price(a.model, a.operation, a.params)
	return a, nil
}

// misfit is the field that a model cannot serve.
func misfit(c storage.Choice, m providers.Model, op providers.Operation) string {
	out := unfit(c, m)
	switch {
	case !m.Can(op):
		return "model"
	case out.Ratio != "":
		return "aspect"
	}
	return "quality"
}

// sourceFor is the pictures that a wish is about.
func (w *Workers) sourceFor(ctx context.Context, in *incoming, wish Wish) (source, error) {
	src := noSource()
	if wish.Parent != "" {
		if _, err := w.Store.OwnGeneration(ctx, in.person.ID, wish.Parent); err != nil {
			return src, err
		}
		images, err := w.Store.Images(ctx, wish.Parent, true)
		if err != nil {
			return src, err
		}
		if wish.ParentN < 0 || wish.ParentN >= len(images) {
			return src, storage.ErrNotFound
		}
		i := images[wish.ParentN]
		src.parent, src.parentN, src.shape = wish.Parent, wish.ParentN, providers.Size{Width: i.Width, Height: i.Height}
	}
	for _, b := range wish.References {
		if len(b) > MaxPictureBytes {
			refusal := w.refused(in, RefusedInvalid, texts.MessagePictureTooBig, map[string]any{"Count": MaxPictureBytes >> 20})
			refusal.Param = "image"
			return src, refusal
		}
		src.files = append(src.files, storage.Picture{Bytes: int64(len(b))})
	}
	return src, nil
}

func (w *Workers) tooManyPictures(in *incoming, m providers.Model) error {
	return w.invalid(in, "image", &wordsError{key: texts.MessageModelCannot, data: map[string]any{
		"Model": w.title(m.Name, in.texts), "Takes": in.texts.Plain(texts.NoteCanRefs, map[string]any{"Count": m.MaxRefs}),
		"Able": w.able(func(o providers.Model) bool { return o.Can(providers.Edit) && o.MaxRefs > m.MaxRefs }),
	}})
}

// invalid is what is wrong with a field, in words. Who sends fields knows no flags.
func (w *Workers) invalid(in *incoming, field string, err error) error {
	bad, ok := errors.AsType[*wordsError](err)
	if !ok {
		return err
	}
	data := bad.in(in.texts)
	if flag, ok := data["Flag"].(string); ok {
		_, value, _ := strings.Cut(flag, " ")
		data["Flag"] = strings.TrimSpace(FieldName(field) + " " + value)
	}
	if _, ok := data["Pick"]; ok {
		data["Pick"] = FieldName("model")
	}
	r := w.refused(in, RefusedInvalid, bad.key, data)
	r.Param = field
	return r
}

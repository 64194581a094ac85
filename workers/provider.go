package workers

import (
	"context"
	"slices"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// BuiltIn is the provider that nothing leaves the machine for.
const BuiltIn = "local"

// service is what people are told of a provider.
type service struct {
	title  string
	region texts.Key // where it works with what it gets
}

// serviceOf is the service of a provider's name, also of one that is not configured any more.
func serviceOf(name string) service {
	known := map[string]service{
		BuiltIn:     {BuiltIn, texts.NoteRegionHere},
		"openai":    {"OpenAI", texts.NoteRegionUS},
		"gemini":    {"Google Gemini", texts.NoteRegionWorld},
		"bfl":       {"Black Forest Labs", texts.NoteRegionEUUS},
		"fal":       {"fal.ai", texts.NoteRegionUS},
		"replicate": {"Replicate", texts.NoteRegionUS},
		"xai":       {"xAI", texts.NoteRegionUS},
		"together":  {"Together AI", texts.NoteRegionUS},
		"stability": {"Stability AI", texts.NoteRegionUKUS},
		"horde":     {"AI Horde", texts.NoteRegionVolunteers},
		"comfyui":   {"ComfyUI", texts.NoteRegionOwn},
		"a1111":     {"Stable Diffusion web UI", texts.NoteRegionOwn},
		"sdcpp":     {"stable-diffusion.cpp", texts.NoteRegionOwn},
	}
	if s, ok := known[name]; ok {
		return s
	}
	return service{name, texts.NoteRegionOwn}
}

// Title is the name people know a service by.
func Title(p providers.Provider) string { return serviceOf(p.Name()).title }

// keepOut stands before the name in a button that keeps a provider out. What a button does does not depend on how often
// it is pressed.
const keepOut = "-"

// outside lists the providers that prompts may leave the machine for.
func (w *Workers) outside() []providers.Provider {
	return slices.DeleteFunc(w.Router.Providers(), func(p providers.Provider) bool { return p.Name() == BuiltIn })
}

// Services are the names of the image services that prompts may leave the machine for.
func (w *Workers) Services() []string {
	var names []string
	for _, p := range w.outside() {
		names = append(names, Title(p))
	}
	return names
}

// providersCommand shows who may get what the person sends.
func (w *Workers) providersCommand(ctx context.Context, in *incoming, _ string) error {
	if len(w.outside()) == 0 {
		w.say(in, texts.MessageProvidersNone, nil)
		return w.done(ctx, in)
	}
	w.say(in, texts.MessageProviders, nil, w.providerButtons(in)...)
	return w.done(ctx, in)
}

// pressProvider keeps a provider out, or lets it back in.
func (w *Workers) pressProvider(ctx context.Context, in *incoming, p press) error {
	name, off := strings.CutPrefix(p.Object, keepOut)
	if !slices.ContainsFunc(w.outside(), func(o providers.Provider) bool { return o.Name() == name }) {
		w.answer(in, p, texts.AnswerExpired)
		return w.done(ctx, in)
	}
	settings := &in.person.Settings
	settings.Without = slices.DeleteFunc(settings.Without, func(n string) bool { return n == name })
	key := texts.AnswerProviderOn
	if off {
		settings.Without, key = append(settings.Without, name), texts.AnswerProviderOff
	}
	w.answer(in, p, key)
	w.edit(in, p, in.texts.HTML(texts.MessageProviders, nil), w.providerButtons(in))
	out, err := w.Store.ObjectProvider(ctx, in.effect, in.person.ID, *settings, name, !off)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// providerButtons are one a row, with what counts now.
func (w *Workers) providerButtons(in *incoming) (rows [][]telegram.Button) {
	for _, p := range w.outside() {
		mark, object := "✓ ", keepOut+p.Name()
		if slices.Contains(in.person.Settings.Without, p.Name()) {
			mark, object = "✗ ", p.Name()
		}
		rows = append(rows, telegram.Row(telegram.Button{
			Text: mark + Title(p), Data: w.signer.Data(telegram.OpProvider, object, in.person.TelegramID, ""),
		}))
	}
	return rows
}

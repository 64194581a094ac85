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

// Title is the name people know a service by.
func Title(p providers.Provider) string {
	known := map[string]string{
		"openai": "OpenAI", "gemini": "Google Gemini", "bfl": "Black Forest Labs", "fal": "fal.ai", "replicate": "Replicate",
		"xai": "xAI", "together": "Together AI", "stability": "Stability AI", "horde": "AI Horde", "comfyui": "ComfyUI",
		"a1111": "Stable Diffusion web UI", "sdcpp": "stable-diffusion.cpp",
	}
	if name, ok := known[p.Name()]; ok {
		return name
	}
	return p.Name()
}

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
	return w.saveSettings(ctx, in)
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

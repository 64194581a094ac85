package app

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/a1111"
	"github.com/imagika/imagika/providers/all"
	"github.com/imagika/imagika/providers/bfl"
	"github.com/imagika/imagika/providers/comfyui"
	"github.com/imagika/imagika/providers/fal"
	"github.com/imagika/imagika/providers/gemini"
	"github.com/imagika/imagika/providers/horde"
	"github.com/imagika/imagika/providers/local"
	"github.com/imagika/imagika/providers/openai"
	"github.com/imagika/imagika/providers/replicate"
	"github.com/imagika/imagika/providers/stability"
)

// providers are those with a key, or those that were handed in.
func (a *App) providers() ([]providers.Provider, error) {
	if a.options.Providers != nil {
		return a.options.Providers, nil
	}
	c := a.options.Config
	flows, err := workflows(c.ComfyUIFlows)
	if err != nil {
		return nil, fmt.Errorf("IMAGIKA_COMFYUI_WORKFLOWS: %w", err)
	}
	return all.All(all.Options{
		Local:     local.Options{Delay: c.LocalDelay, Log: a.options.Log},
		OpenAI:    openai.Options{Key: c.OpenAIKey.Reveal(), URL: c.OpenAIURL, Writer: c.OpenAIWriter},
		Gemini:    gemini.Options{Key: c.GeminiKey.Reveal(), Writer: c.GeminiWriter},
		BFL:       bfl.Options{Key: c.BFLKey.Reveal(), URL: c.BFLURL},
		Fal:       fal.Options{Key: c.FalKey.Reveal(), AdminKey: c.FalAdminKey.Reveal()},
		Replicate: replicate.Options{Key: c.ReplicateKey.Reveal()},
		XAI:       openai.Options{Key: c.XAIKey.Reveal()},
		Together:  openai.Options{Key: c.TogetherKey.Reveal()},
		Stability: stability.Options{Key: c.StabilityKey.Reveal()},
		Horde:     horde.Options{Key: c.HordeKey.Reveal()},
		ComfyUI:   comfyui.Options{URL: c.ComfyUIURL, Workflows: flows},
		A1111:     a1111.Options{URL: c.A1111URL, Auth: c.A1111Auth.Reveal()},
		SDCpp:     openai.Options{URL: c.SDCppURL},
		Gateway:   openai.Options{URL: c.GatewayURL, Key: c.GatewayKey.Reveal(), Writer: c.GatewayWriter},
	})
}

// writers are the providers that may be asked for words; of those that were handed in, all.
func (a *App) writers() ([]string, error) {
	if a.options.Providers != nil {
		return nil, nil
	}
	names := []string{}
	for name := range strings.SplitSeq(a.options.Config.Writers, ",") {
		switch name = strings.TrimSpace(name); {
		case name == "", name == "none":
		case slices.Contains(all.Names(), name):
			names = append(names, name)
		default:
			return nil, config.Refuse("IMAGIKA_WRITERS", fmt.Errorf("%q is none of %s", name, strings.Join(all.Names(), ", ")))
		}
	}
	return names, nil
}

// workflows reads the graphs of a folder: <model>.json, or <model>:<variant>.json.
func workflows(dir string) (map[string]string, error) {
	if dir == "" {
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("there is no *.json in %s", dir)
	}
	flows := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		flows[strings.TrimSuffix(filepath.Base(file), ".json")] = string(text)
	}
	return flows, nil
}

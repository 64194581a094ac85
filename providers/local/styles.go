package local

// style is a way to paint. It works on the finished scene, or on the picture of an edit.
type style struct {
	wish
	paint func(c *canvas, d dice)
}

// styles are all ways to paint. The first is the painter's own, used where none is asked for.
func styles() []style {
	return []style{
		{wish{"gouache", "gouache guache guaj guas gouachen gouachemalerei гуаш-"}, gouache},
		{wish{"watercolor", "watercolo- aquarel- акварел- suluboya- sulu_boya- acuarel-"}, watercolor},
		{wish{"ink", "ink_wash ink_draw- ink_paint- ink_sketch- ink_style in_ink ink_and_wash sumi sumi_e brush_ink india_ink " +
			"line_and_wash тушь- туши чернил- tusche- tuschezeichnung- tintenzeichnung- tusze murekkep- cini_murekkep- " +
			"tinta tinta_china a_tinta"}, brushInk},
		{wish{"oil", "oil_paint- oil_on_canvas oil_style in_oil in_oils oils impasto impressionis- van_gogh масло маслом масляны- " +
			"холст- импрессион- ван_гог- olgemalde- olmalerei- olbild- in_ol ol_auf_leinwand yagli_boya- yagliboya- " +
			"tuval- oleo al_oleo pintura_al_oleo"}, oil},
		{wish{"pastel", "pastel pastels pastel_draw- chalk chalks пастел- мелом мелки мелками pastell- kreide- kreidezeichnung " +
			"pastel_boya- tebesir- tiza tizas pasteles al_pastel"}, pastel},
		{wish{"pencil", "pencil pencil_draw- pencil_sketch- sketch- graphite charcoal line_drawing набросок наброск- эскиз- " +
			"карандаш- уголь углем bleistift- bleistiftzeichnung- skizze- kohlezeichnung- kara_kalem- karakalem- kursun_kalem- " +
			"eskiz- taslak lapiz a_lapiz boceto- carboncillo grafito"}, pencil},
		{wish{"woodcut", "woodcut- linocut- lino_print- engrav- woodblock- ukiyo_e гравюр- линогравюр- ксилограф- holzschnitt- " +
			"linolschnitt- gravur- agac_baski- ahsap_baski- linol_baski- gravur grabado- xilograf- linograbado-"}, woodcut},
		{wish{"poster", "poster posters postered screen_print- screenprint- silkscreen- silk_screen- halftone pop_art warhol propaganda " +
			"плакат- постер- шелкограф- поп_арт- plakat- siebdruck- afis- serigraf- cartel carteles afiche-"}, poster},
		{wish{"comic", "comic- cartoon- manga- anime- graphic_novel комикс- мультяш- мультик- манга манги аниме cizgi_roman- " +
			"cizgi_film- karikatur- zeichentrick- historieta- tebeo- caricatura- dibujos_animados vineta-"}, comic},
		{wish{"pixel", "pixel_art pixel_kunst pixel- 8bit 8_bit 16bit 16_bit retro_game пиксел- 8_бит- 8бит- verpixel- piksel- pixelado- " +
			"pixelar pixeles"}, pixelArt},
		{wish{"lowpoly", "low_poly lowpoly polygon- triangulat- лоу_поли лоуполи низкополи- полигон- " +
			"dusuk_poli- poligon- triangul-"}, lowPoly},
		{wish{"glass", "stained_glass stained_window- mosaic- витраж- мозаик- buntglas- glasmalerei- bleiglas- kirchenfenster- mosaik- " +
			"vitray- mozaik- vitral- vidriera- mosaico-"}, stainedGlass},
		{wish{"cutout", "paper_cut- paper_cut_out cut_paper_art papercut- paper_art papercraft- cut_paper cut_out cutout- layered_paper applique бумажн- " +
			"из_бумаги аппликац- scherenschnitt- papierschnitt- aus_papier papierkunst kagit_kesme- kagit_sanat- kagittan " +
			"aplike recorte- papel_recortado de_papel"}, paperCut},
		{wish{"blueprint", "blueprint- blue_print- technical_drawing- schematic- cad_drawing чертеж- blaupause- " +
			"technische_zeichnung- bauplan- konstruktionszeichnung- teknik_cizim- ozalit- teknik_resim- plano_tecnico " +
			"cianotipo- dibujo_tecnico"}, blueprint},
		{wish{"neon", "neon- glowing_lines synthwave неон- leuchtreklame- neones"}, neon},
		{wish{"vintage", "vintage vintage_photo- vintage_foto- retro retro_photo old_photo- old_fashioned_photo polaroid- daguerreo- faded_photo винтаж- ретро " +
			"старо_фото старой_фото- старое_фото- старинн- полароид- altes_foto- alten_foto- vintagefoto- nostaljik eski_foto- " +
			"foto_antigua fotografia_antigua foto_vieja"}, vintage},
	}
}

// mood grades light and color.
type mood struct {
	wish
	grade func(c *canvas)
}

// moods are how a picture can feel.
func moods() []mood {
	return []mood{
		{wish{"cozy", "cozy cosy snug homely warmhearted уютн- уют gemutlich- behaglich- rahat samimi sicacik acogedor- hogareno-"}, func(c *canvas) {
			c.grade(ink{6000, 1800, -5200}, 276, 262)
			c.bloom(34000, 120)
			c.corners(hex(0x2a1206), 110)
		}},
		{wish{"gloomy", "gloomy dismal bleak melanchol- somber sombre sad grim мрачн- унын- уныл- грустн- печальн- тоскл- меланхол- duster- " +
			"trub traurig- melanchol- kasvetli huzunlu uzgun karamsar sombri- triste- lugubre- melancol-"}, func(c *canvas) {
			c.grade(ink{-3400, -2200, 1200}, 130, 230)
			c.corners(hex(0x05070c), 150)
		}},
		{wish{"dreamy", "dreamy dreamlike dream_like ethereal surreal- magical magic fairytale fairy_tale волшебн- сказочн- мечтател- " +
			"сновиден- magisch- vertraumt- traumhaft- marchenhaft- zauberhaft- ruya_gibi masalsi buyulu hayali onirico onirica " +
			"de_ensueno magico magica sonador-"}, func(c *canvas) {
			c.grade(ink{4200, 1400, 4600}, 262, 214)
			c.bloom(24000, 210)
		}},
		{wish{"epic", "epic heroic dramatic cinematic majestic эпич- эпичес- драматич- величеств- кинематогр- episch- dramatisch- " +
			"majestatisch- heldenhaft- epik destansi gorkemli sinematik epico epica dramatico dramatica cinematografic- majestuos-"}, func(c *canvas) {
			c.split(hex(0x0c2c3c), hex(0xffb464), 80)
			c.grade(ink{}, 300, 330)
			c.bloom(38000, 120)
			c.corners(hex(0x02060a), 130)
		}},
		{wish{"calm", "calm peaceful serene tranquil quiet relaxing спокойн- безмятежн- умиротвор- тих- ruhig- friedlich- stille " +
			"sakin huzurlu dingin tranquil- sereno serena pacific- apacible-"}, func(c *canvas) {
			c.grade(ink{1600, 2400, 3000}, 200, 216)
		}},
		{wish{"spooky", "spooky creepy scary eerie haunted horror halloween sinister жутк- страшн- зловещ- ужас- хоррор- хэллоуин- хеллоуин- " +
			"gruselig- unheimlich- schaurig- spuk- korkunc urkutucu tekinsiz espeluznante- terrorific- tenebros- aterrador- miedo embrujad-"}, func(c *canvas) {
			c.split(hex(0x061a10), hex(0xa8d868), 120)
			c.grade(ink{-3000, 600, -1400}, 190, 300)
			c.corners(hex(0x020402), 210)
		}},
	}
}

// grade shifts every color, more in the middle than at the ends, then its saturation and contrast; 256 leaves them.
func (c *canvas) grade(shift ink, saturation, contrast int32) {
	c.recolor(func(_, _ int, k ink) ink {
		l := k.luma()
		weight := 256 - max(l-full/2, full/2-l)*160/(full/2)
		s := shift.scale(weight)
		return steeper(ink{k.r + s.r, k.g + s.g, k.b + s.b}.saturated(saturation), contrast).clamped()
	})
}

// split tints shadows with one color and lights with another.
func (c *canvas) split(dark, light ink, amount int32) {
	c.recolor(func(_, _ int, k ink) ink {
		l := k.luma() * opaque / full
		return tinted(tinted(k, dark, (opaque-l)*amount>>8), light, l*amount>>8)
	})
}

// manner is how a picture is to be painted.
type manner struct {
	paint func(c *canvas, d dice)
	grade func(c *canvas) // nil for none
	asked bool            // a style was asked for
}

// looks are the words for styles and moods, and what they mean.
type looks struct {
	words  phrasebook
	styles []style
	moods  []mood
}

func newLooks() looks {
	l := looks{styles: styles(), moods: moods()}
	var rows []wish
	for _, s := range l.styles {
		rows = append(rows, s.wish)
	}
	for _, m := range l.moods {
		rows = append(rows, m.wish)
	}
	l.words = newPhrasebook(rows)
	return l
}

// of reads style and mood from a prompt and returns what is left of it: what the picture shows.
func (l looks) of(prompt string) (manner, string) {
	names, rest := l.words.find(prompt)
	how := manner{paint: l.styles[0].paint}
	for _, name := range names {
		for _, s := range l.styles {
			if s.name == name && !how.asked {
				how.paint, how.asked = s.paint, true
			}
		}
		for _, m := range l.moods {
			if m.name == name && how.grade == nil {
				how.grade = m.grade
			}
		}
	}
	return how, rest
}

// finish grades and paints.
func (m manner) finish(c *canvas, d dice) {
	if m.grade != nil {
		m.grade(c)
	}
	m.paint(c, d)
}

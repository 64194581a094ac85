package local

// A row of words is a name and what it is called in English, Russian, German, Turkish and Spanish, between slashes. Each
// word stands for its inflected forms (see endings). One that begins with "=" stands for itself only, one that ends in
// "-" for everything that begins so, one that ends in "+" is a plural.

// animalWords are living things that are no people.
const animalWords = `
fox: fox vixen / лис лисиц лисен лисич- лиськ / fuchs füchs füchsin / tilki / zorr zorrit
cat: cat kitten kitty kitties+ / кот кошк кошек+ котен котят+ котик котя котейк / katze katz kater kätzchen / kedi yavru-kedi / gat gatit
dog: dog puppy puppies+ hound / собак собач- пес пса псы+ щенк щенок щенят+ / hund welpe / köpek köpeğ / perr perrit cachorr
wolf: wolf wolves+ / волк волч- / wolf wölf / kurt / lob
rabbit: rabbit hare bunny bunnies+ / заяц зайц зайч- кролик кроль- / hase kaninchen häschen / tavşan / conej liebre
bear: bear / медвед медвеж- мишк мишек+ / bär bären / =ayı ayıcık ayılar+ / os =oso =osa =osos+
deer: deer stag elk moose reindeer fawn / олен лось лося лоси+ лосей+ / hirsch reh elch / geyik ceylan / ciervo venado reno alce
owl: owl / сов =сова =сову =совы+ филин / eule uhu / baykuş / búho lechuza
horse: horse pony ponies+ stallion mare / конь коня кони+ коней+ коне лошад лошадк лошадок+ пони / pferd pony / =at =atı =atlar+ =atın atlı- =ata / caball yegua poni
unicorn: unicorn / единорог / einhorn / tekboynuz unicorn / unicornio
bird: bird gull seagull swallow crow raven eagle hawk sparrow pigeon dove geese+ goose finch hummingbird robin stork crane / птиц птичк птичек+ пташк чайк чаек+ орел орл орёл ворон ласточк воробе голуб гус журавл / vogel vögel+ möwe adler rabe schwalbe taube spatz / kuş martı kartal serçe güvercin karga / pájar pajarit ave gaviota águila cuervo paloma golondrina
duck: duck duckling swan / утк уток+ утен утят+ лебед / ente schwan / ördek kuğu / pato patito cisne
chicken: chicken hen rooster cock chick / куриц петух петуш- цыплен цыплят+ / huhn hühner+ henne hahn küken / tavuk horoz civciv / gallina gallo pollo pollit
parrot: parrot macaw toucan / попуга- / papagei / papağan / loro papagayo guacamayo
penguin: penguin / пингвин / pinguin / penguen / pingüino
lion: lion lioness / лев льв львиц / löwe löwen / aslan / león leona leones+
tiger: tiger tigress leopard jaguar cheetah / тигр тигриц тигрен леопард гепард / tiger / kaplan / tigre leopardo
elephant: elephant mammoth / слон слони- мамонт / elefant / fil =fil =filler+ / elefante
giraffe: giraffe / жираф / giraffe / zürafa / jirafa
panda: panda / панд / panda / panda / panda
monkey: monkey ape gorilla chimpanzee / обезьян мартышк горилл / affe gorilla / maymun / mono =mono =monos+ simio
zebra: zebra / зебр / zebra / zebra / cebra
camel: camel / верблюд / kamel / deve / camello
cow: cow bull ox calf buffalo / коров бык теленок телят+ / kuh kühe+ stier kalb / inek boğa / vaca toro
sheep: sheep lamb goat ram / овц овеч- барашк баран ягнен коз =коза козл / schaf lamm ziege / koyun kuzu keçi / oveja cordero cabra
pig: pig piglet boar / свин свинь свинк поросен поросят+ кабан / schwein ferkel / domuz / cerdo puerco chanchito
mouse: mouse mice+ rat hamster / мыш мышк мышон мышат+ крыс хомяк хомяч- / maus mäuse+ hamster / fare sıçan / ratón ratones+ rata hámster
squirrel: squirrel chipmunk / белк белоч- бельч- белок+ / eichhörnchen / sincap / ardilla
hedgehog: hedgehog porcupine / еж ежик ёж ёжик / igel / kirpi / erizo
frog: frog toad / лягуш- жаб =жаба / frosch frösche+ kröte / kurbağa / rana sapo
turtle: turtle tortoise / черепах черепаш- / schildkröte / kaplumbağa / tortuga
snake: snake cobra python / зме- =змея / schlange / yılan / serpiente culebra
snail: snail / улитк улиток+ / schnecke / salyangoz / caracol
bee: bee bumblebee wasp / пчел пчёл шмел / biene hummel / =arı arılar+ / abeja
ladybug: ladybug ladybird beetle / божья коровк жук =жук =жуки+ / marienkäfer käfer / =uğurböceği uğurböce- böcek / mariquita escarabajo
butterfly: butterfly butterflies+ moth / бабоч- мотыл- / schmetterling / kelebek kelebeğ / mariposa polilla
dragon: dragon wyvern / дракон / drache drachen / ejderha / dragón
dinosaur: dinosaur dino / динозавр / dinosaurier dinosaur / dinozor / dinosaurio
alien: alien extraterrestrial martian / инопланет- пришел- марсиан- / außerirdisch- alien / uzaylı / alienígena extraterrestre
robot: robot android cyborg / робот андроид / roboter / robot / robot
ghost: ghost spirit phantom / привиден призрак / geist gespenst / hayalet / fantasma
fish: fish goldfish koi salmon carp clownfish trout / рыб рыбк рыбок+ рыбин карп карас / fisch / balık / pez peces+ pescado
shark: shark / акул / hai haifisch / köpekbalığ / tiburón tiburones+
dolphin: dolphin / дельфин / delfin / yunus / delfín delfines+
whale: whale orca / кит =кит =кита =киты+ =китов+ касатк / wal =wal =wale+ wale / balina / ballena
octopus: octopus squid kraken / осьминог спрут кальмар кракен / oktopus krake tintenfisch / ahtapot / pulpo calamar
jellyfish: jellyfish medusa / медуз / qualle / denizanası medüz / medusa
seahorse: seahorse / =морской-конек / seepferdchen / denizatı / =caballito-de-mar
starfish: starfish / =морская-звезда / seestern / denizyıldızı / =estrella-de-mar
crab: crab lobster / краб рак =рак / krabbe / yengeç / cangrejo
flamingo: flamingo / фламинго / flamingo / flamingo / flamenco
bat: bat bats+ vampire / летучая-мышь вампир / fledermaus fledermäuse+ vampir / yarasa vampir / murciélago vampiro
koala: koala kangaroo wombat / коал кенгуру / koala känguru / koala kanguru / koala canguro
crocodile: crocodile alligator / крокодил аллигатор / krokodil alligator / timsah / cocodrilo caimán
hippo: hippo hippopotamus rhino rhinoceros / бегемот носорог гиппопотам / nilpferd nashorn flusspferd / su-aygırı suaygırı gergedan / hipopótamo rinoceronte
seal: seal walrus otter / тюлен морж выдр / robbe seehund walross otter / fok mors / foca morsa nutria
coral: coral reef / коралл риф / koralle riff / mercan / coral arrecife
`

// peopleWords are kinds of persons.
const peopleWords = `
person: person human people+ traveler traveller wanderer figure hiker tourist someone couple-of-people / человек люд людей+ путник путешеств- прохож- турист фигур / mensch person leute+ wanderer reisend- figur / insan kişi gezgin yolcu / persona gente viajero caminante
man: man men+ guy gentleman father fisherman farmer sailor husband / мужчин парень парн отец рыбак фермер моряк муж =муж / mann männer+ vater fischer bauer seemann / adam erkek baba balıkçı çiftçi denizci / hombre señor padre pescador marinero
woman: woman women+ lady ladies+ mother wife / женщин дам =дама мать мама мам девуш- / frau dame mutter / kadın hanım anne / mujer señora dama madre
girl: girl daughter / девоч- дочк дочь / mädchen tochter / kız =kız =kızlar+ / niña chica muchacha
boy: boy son child children+ kid baby / мальчик мальчиш- ребен- дети+ детей+ малыш сын =сын / junge knabe kind kinder+ sohn / çocuk çocuğ oğlan bebek / niño chico muchacho bebé
old man: grandfather grandpa elder / старик дед дедушк старец / opa großvater greis / dede ihtiyar / abuelo anciano viejito
old woman: grandmother grandma granny / старуш- бабушк старух / oma großmutter greisin / nine büyükanne babaanne / abuela anciana
king: king emperor prince / корол- царь цар =царя принц / könig kaiser prinz / kral padişah sultan prens / rey =rey reyes+ emperador príncipe
queen: queen empress / королев цариц / königin kaiserin / kraliçe / reina emperatriz
princess: princess / принцесс царевн / prinzessin / prenses / princesa
wizard: wizard mage sorcerer merlin / волшебник маг =маг =мага чародей колдун / zauberer magier hexenmeister / büyücü sihirbaz / mago hechicero
witch: witch sorceress / ведьм колдунь волшебниц / hexe / cadı / bruja hechicera
knight: knight warrior crusader / рыцар воин / ritter krieger / şövalye savaşçı / caballero guerrero
samurai: samurai ninja ronin / самура- ниндзя / samurai ninja / samuray ninja / samurái samurai ninja
astronaut: astronaut cosmonaut spaceman / космонавт астронавт / astronaut kosmonaut raumfahrer / astronot kozmonot / astronauta cosmonauta
fairy: fairy fairies+ elf pixie / фея фе =феи эльф / fee =feen+ elfe / peri / hada elfo duende
pirate: pirate / пират / pirat / korsan / pirata
santa: santa / =дед-мороз санта / weihnachtsmann nikolaus / =noel-baba / =papá-noel
dancer: dancer ballerina / танцо- балерин танцовщ- / tänzer ballerina / balerin dansçı / bailarín bailarina
cook: cook chef baker / повар пекар / koch bäcker / aşçı fırıncı / cocinero chef panadero
`

"""Handles for people who need not give a name."""

from __future__ import annotations

ANIMALS = (
    *("Alpaca", "Antelope", "Armadillo", "Avocet", "Badger", "Bandicoot", "Barn owl", "Bat"),
    *("Beaver", "Bison", "Blackbird", "Blue tit", "Bonobo", "Buffalo", "Bullfinch", "Buzzard"),
    *("Camel", "Capybara", "Caracal", "Caribou", "Cassowary", "Chameleon", "Chamois", "Cheetah"),
    *("Chinchilla", "Chipmunk", "Coati", "Condor", "Coral", "Cormorant", "Cougar", "Coyote"),
    *("Crane", "Cricket", "Crow", "Cuckoo", "Curlew", "Deer", "Dingo", "Dolphin", "Dormouse"),
    *("Dove", "Dragonfly", "Duck", "Eagle", "Echidna", "Egret", "Eland", "Elephant", "Elk"),
    *("Emu", "Falcon", "Ferret", "Finch", "Flamingo", "Fox", "Frog", "Gannet", "Gazelle"),
    *("Gecko", "Gibbon", "Giraffe", "Goldfinch", "Goose", "Grebe", "Grouse", "Guanaco", "Gull"),
    *("Hamster", "Hare", "Harrier", "Hedgehog", "Heron", "Hoopoe", "Hornbill", "Hummingbird"),
    *("Ibex", "Ibis", "Iguana", "Impala", "Jackdaw", "Jaguar", "Jay", "Jerboa", "Kakapo"),
    *("Kangaroo", "Kestrel", "Kingfisher", "Kite", "Kiwi", "Koala", "Koi", "Kookaburra", "Kudu"),
    *("Lapwing", "Lark", "Lemming", "Lemur", "Leopard", "Linnet", "Lion", "Lizard", "Llama"),
    *("Lobster", "Lynx", "Macaw", "Magpie", "Manatee", "Marmot", "Marten", "Meerkat", "Mole"),
    *("Mongoose", "Moose", "Moth", "Narwhal", "Newt", "Nightingale", "Numbat", "Nuthatch"),
    *("Ocelot", "Octopus", "Okapi", "Opossum", "Orca", "Oriole", "Oryx", "Osprey", "Ostrich"),
    *("Otter", "Oyster", "Panda", "Pangolin", "Panther", "Parrot", "Partridge", "Peacock"),
    *("Pelican", "Penguin", "Petrel", "Pheasant", "Pika", "Plover", "Polar bear", "Porcupine"),
    *("Porpoise", "Puffin", "Puma", "Quail", "Quokka", "Rabbit", "Raccoon", "Raven", "Red kite"),
    *("Reindeer", "Robin", "Roe deer", "Salamander", "Sandpiper", "Seahorse", "Seal", "Serval"),
    *("Shrew", "Skylark", "Sloth", "Snipe", "Sparrow", "Squid", "Squirrel", "Starfish", "Stoat"),
    *("Stork", "Swallow", "Swan", "Swift", "Tapir", "Tern", "Thrush", "Tiger", "Toad", "Tortoise"),
    *("Toucan", "Treefrog", "Turtle", "Vicuna", "Viscacha", "Vole", "Wallaby", "Walrus", "Wapiti"),
    *("Warbler", "Waxwing", "Whale", "Wildcat", "Wolf", "Wolverine", "Wombat", "Woodpecker"),
    *("Wren", "Yak", "Zebra"),
)

"""One file per publisher of numbers. Rooms never import each other; modules with a leading underscore are shared by all."""

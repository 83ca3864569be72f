"""How files get here, checked: the registry, downloads, archives, and what packages carry."""

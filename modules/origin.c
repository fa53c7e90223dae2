/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 *
 * \brief Linked into every module: tells our modules from Asterisk's own of the same name.
 *
 * make install searches for this text before it keeps a module aside, make uninstall before it
 * removes one.
 */

__attribute__((used)) static const char origin[] = "This module is part of Stasis Broadcast.";

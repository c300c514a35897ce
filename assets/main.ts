// What every page runs. Each module finds its own elements by their data- attributes.

import "./exchange";
import "./dialogs";
import "./days";
import "./drafts";
import "./filters";
import "./keys";
import "./files";
import "./menus";
import "./mentions";
import "./print";
import "./toasts";

// What every page runs. Each module finds its own elements by their data- attributes.

import "./exchange";
import "./choices";
import "./dialogs";
import "./days";
import "./drafts";
import "./evidence";
import "./filters";
import "./groups";
import "./grid";
import "./keys";
import "./lists";
import "./files";
import "./menus";
import "./mentions";
import "./marks";
import "./notices";
import "./palette";
import "./parts";
import "./print";
import "./boards";
import "./toasts";
import "./calendar";
import "./queue";
import "./install";

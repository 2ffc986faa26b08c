// The whole of Hydrogen, as people would use it: log-in, the list of rooms, a room.
// The page's address says which homeserver the log-in begins with.
import { FeatureSet, Platform, RootViewModel, createNavigation, createRouter } from "hydrogen-view-sdk";

const platform = new Platform({
    container: document.querySelector("#app"), options: { development: false },
    config: { defaultHomeServer: new URLSearchParams(location.search).get("hs"), push: null, themeManifests: [] },
    assetPaths: {
        downloadSandbox: "/download-sandbox.html", worker: "/main.js",
        olm: { wasm: "/olm.wasm", legacyBundle: "/olm_legacy.js", wasmBundle: "/olm.js" },
    },
});
Object.defineProperty(platform, "updateService", { value: { updateAuthData() {} } });
const navigation = createNavigation();
platform.setNavigation(navigation);
const urlRouter = createRouter({ navigation, history: platform.history });
urlRouter.attach();
const root = new RootViewModel({ platform, urlCreator: urlRouter, urlRouter, navigation, features: new FeatureSet() });
await root.load();
platform.createAndMountRootView(root);
document.body.dataset.ready = "yes";

/** A VPN as its customer sees it; on a narrow screen its sites are one below the other. */

import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import { pictureChanges } from "../live/lab";
import { Picture } from "../picture/Picture";
import { usePicture } from "../picture/usePicture";

const NARROW = "(max-width: 560px)";

export function VpnPicture({ vpn }: { vpn: string }) {
  const version = pictureChanges.value[vpn] ?? 0; // the stream begins by naming them all
  const isNarrow = useNarrow();
  const key = `vpn ${vpn}${isNarrow ? " narrow" : ""}`;
  const { shown, error } = usePicture(key, version, (signal) =>
    api.vpnPicture(vpn, isNarrow, signal),
  );
  const file = { name: vpn, fetch: () => api.vpnPicture(vpn, isNarrow) };
  return <Picture label={`Picture of ${vpn}`} shown={shown} error={error} file={file} />;
}

function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const changed = () => setNarrow(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return isNarrow;
}

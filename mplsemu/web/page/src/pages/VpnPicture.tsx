/** A VPN as its customer sees it. */

import { api } from "../api";
import { pictureChanges } from "../live/lab";
import { Picture } from "../picture/Picture";
import { usePicture } from "../picture/usePicture";

export function VpnPicture({ vpn }: { vpn: string }) {
  const version = pictureChanges.value[vpn] ?? 0; // the stream begins by naming them all
  const { shown, error } = usePicture(`vpn ${vpn}`, version, (signal) =>
    api.vpnPicture(vpn, signal),
  );
  return <Picture label={`Picture of ${vpn}`} shown={shown} error={error} />;
}
